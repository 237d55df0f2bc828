"""Every page, in both themes and at both sizes: accessible, within the screen, quiet, steady."""

from io import BytesIO
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import ARTIFACTS, DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.browser.loading import loading_faults
from tests.portal.embedded_clients import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.processes]

EVERYTHING = "max@alder.example"
STATEMENT = "must not be the only basis of any action against a person"


def addresses(site: Site, brought: dict[str, str]) -> dict[str, str]:
    """One address of every page that a person opens."""
    place = site.office.place

    def first(table: str) -> str:
        return str(place.value(f"SELECT id FROM searches_{table} ORDER BY id LIMIT 1"))

    case, gallery = first("case"), site.office.gallery
    hook = place.value("SELECT id FROM accounts_webhookendpoint")
    return {
        "home": "/",
        "find": "/find/?q=2026",
        "find-code": f"/find/?q={brought['concluded'][:8]}",
        "find-none-found": "/find/?q=nothing-like-this",
        "cases": "/cases/",
        "cases-none-found": "/cases/?q=nothing-like-this",
        "case-new": "/cases/new/",
        "case": f"/cases/{case}/",
        "probe-new": f"/cases/{case}/probe/",
        "probe": f"/probes/{first('probe')}/",
        "searches": "/searches/",
        "search-new": "/searches/new/",
        "search": f"/searches/{first('search')}/",
        "drafts": "/drafts/",
        "work": "/work/",
        "work-section": "/work/waiting/",
        "authorizations": "/authorizations/",
        "authorization": f"/searches/{brought['waiting']}/authorization/",
        "authorization-refuse": f"/searches/{brought['waiting']}/authorization/refuse/",
        **{f"search-{to}": f"/searches/{search}/" for to, search in brought.items()},
        "galleries": "/galleries/",
        "gallery-new": "/galleries/new/",
        "gallery": f"/galleries/{gallery}/",
        "gallery-none-found": f"/galleries/{gallery}/?q=nobody",
        "gallery-filtered": f"/galleries/{gallery}/?images=one&sort=expiry",
        "gallery-scores": f"/galleries/{gallery}/scores/",
        "gallery-sources": f"/galleries/{gallery}/sources/",
        "registers": "/registers/",
        "register-new": "/registers/new/",
        "register": f"/registers/{first('sourceregister')}/",
        "register-retire": f"/registers/{first('sourceregister')}/retire/",
        "subject": f"/subjects/{first('subject')}/",
        "enrol": f"/galleries/{gallery}/enrol/",
        "notice": "/agency/notice/",
        "agency-settings": "/agency/settings/",
        "agency-settings-change": "/agency/settings/change/",
        "people": "/people/",
        "people-none-found": "/people/?q=nobody-like-this",
        "invite": "/people/invite/",
        "usage": "/usage/",
        "account": "/account/",
        "tokens": "/account/tokens/",
        "token-new": "/account/tokens/new/",
        "agency-tokens": "/tokens/",
        "webhooks": "/webhooks/",
        "webhook-new": "/webhooks/new/",
        "webhook": f"/webhooks/{hook}/",
        "webhook-edit": f"/webhooks/{hook}/edit/",
        "sessions": "/account/sessions/",
        "notifications": "/notifications/",
        "notifications-none-found": "/notifications/?about=certificate&show=unread",
        "certificates": "/certificates/",
        "certificates-none-found": "/certificates/?state=withdrawn",
        "certificate-new": "/certificates/new/",
        "password": "/account/password/",
        "not-found": "/cases/00000000-0000-4000-8000-000000000000/",
    }


@pytest.fixture(scope="module")
def brought(site: Site) -> dict[str, str]:
    """A search that was run, and others brought further, by where they are."""
    office = site.office
    if not office.probe:
        office.probe = office.upload()
        office.place.wait_closed("probe", office.probe)
    search = office.submit()
    office.place.wait_closed("search", search)
    values = {"slug": office.slug, "probe": office.probe, "gallery": office.gallery}
    stages = ("concluded", "waiting", "urgent", "refused")
    return {to: office.hand.do("bring", **values, to=to) for to in stages}


# Every page in both themes, sizes and languages: each half of the pages at a pair of looks.
LOOKS: list[tuple[int, tuple[int, int], Literal["light", "dark"], str]] = [
    (0, DESKTOP, "light", "en"),
    (0, PHONE, "dark", "fr"),
    (1, DESKTOP, "dark", "fr"),
    (1, PHONE, "light", "en"),
]


@pytest.mark.parametrize(("half", "size", "scheme", "language"), LOOKS)
def test_every_page_is_accessible_and_fits(
    open_page: Open,
    site: Site,
    brought: dict[str, str],
    half: int,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
    language: str,
) -> None:
    page = open_page(size, scheme)
    page.goto("/login/")
    problems = examine(page, "login")
    log_in(page, EVERYTHING)
    page.context.set_extra_http_headers({"Accept-Language": language})
    for name, address in list(addresses(site, brought).items())[half::2]:
        page.goto(address)
        problems += examine(page, name)
        shoot(page, f"all/{scheme}-{'phone' if size == PHONE else 'desktop'}-{name}")
    assert problems == []


def examine(page: Page, name: str, *, as_loaded: bool = True) -> list[str]:
    """Findings of axe, whether the page is wider than the screen, and how it came onto it.

    `as_loaded` is False for a page that an act of its reader has changed.
    """
    found = [
        f"{name}: {violation['id']} ({violation['impact']}): {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
    ]
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if overflow > 0:
        found.append(f"{name}: {overflow} px wider than the screen")
    return found + (loading_faults(page, name) if as_loaded else [])


def test_a_page_that_jumps_is_found(open_page: Open) -> None:
    """What loading_faults looks for, on a page made for it."""
    page = open_page()
    page.set_content(
        "<div id=late></div><img alt=''><img alt='' width=4 height=3>" + 20 * "<p>To be read</p>"
    )

    def jumped() -> list[str]:
        page.evaluate(
            "late.style.height = late.style.height ? '' : '300px';"
            "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        )
        return loading_faults(page, "made")

    both = ["made: no place is kept for", "made: moved"]
    found: list[str] = []

    def are_found() -> bool:
        found[:] = [fault.split(" <")[0].split(" by ")[0] for fault in jumped()]
        return found == both

    # For half a second after its window was made Chromium counts no movement, nor always later,
    # when the machine is busy; and so long it may not have painted.
    wait_until(are_found)
    assert found == both


def test_the_statement_stands_on_every_printed_page(
    open_page: Open, site: Site, brought: dict[str, str]
) -> None:
    page = open_page()
    log_in(page, EVERYTHING)
    page.goto(f"/searches/{brought['concluded']}/")
    page.wait_for_load_state("networkidle")
    printed = page.pdf(path=ARTIFACTS / "search.pdf", format="A4", print_background=True)
    texts = [" ".join(sheet.extract_text().split()) for sheet in PdfReader(BytesIO(printed)).pages]
    assert len(texts) > 2
    assert [text for text in texts if STATEMENT not in text] == []
    whole = " ".join(texts)
    assert "Another nose" in whole  # the comments, although their part is closed on the screen
    assert "My work" not in whole


def test_errors_have_pages_of_their_own(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, "ada@alder.example")
    response = page.goto("/cases/")
    assert response is not None
    assert response.status == 403
    expect(page.locator("h1")).to_be_visible()
    shoot(page, "forbidden")


def test_the_language_can_be_changed(open_page: Open, site: Site) -> None:
    page = open_page()
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("summary", has_text="Language").click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Se connecter", exact=True)).to_be_visible()
    shoot(page, "login-french")
