"""The platform's pages as its staff use them, at both sizes: quiet, accessible, nothing cut off."""

import uuid
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Site, give_password_and_code, shoot
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SUE = "sue@platform.example"
REASON = "Alder asked for a new contact person"
LONG = "Landespolizeidirektion der vereinigten Grafschaften Hohenstein-Wittgenstein-Berleburg"
_cookies: list[Any] = []
# Of django-unfold's own templates (0 of ours break them), and what each complains about there:
UNFOLDS_OWN = {
    "landmark-one-main": "its page is a div with the id main, not a main element",
    "region": "its head, list and form stand in no landmark, as there is no main element",
    "landmark-unique": "a second, unnamed nav element in its side bar or form",
}
# Texts that are wider or higher than their box and hidden beyond it; inputs scroll.
CUT_OFF = """text => [...document.querySelectorAll("td, th, h1, h1 *")]
  .filter(box => box.textContent.includes(text) && box.checkVisibility())
  .filter(box => getComputedStyle(box).overflow !== "visible")
  .filter(box => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
  .map(box => box.outerHTML.slice(0, 120))"""


def log_in_as_sue(page: Page) -> None:
    """With the log-in of an earlier test, as a code of the second factor works once."""
    page.context.add_cookies(_cookies)
    page.goto("/platform/door/")
    if "/login/" in page.url:
        give_password_and_code(page, SUE)
        page.wait_for_url(lambda url: "/login/" not in url)
        _cookies[:] = page.context.cookies()


def enter(page: Page) -> None:
    """Log in, and go through the door."""
    log_in_as_sue(page)
    page.goto("/platform/door/")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url("**/platform/")


def examine(page: Page, name: str) -> list[str]:
    """Findings of axe that are ours, a page wider than the screen, and names cut off."""
    found = [
        f"{name}: {violation['id']} ({violation['impact']}): {node['html'][:150]}"
        for violation in Axe().run(page).response["violations"]
        if violation["id"] not in UNFOLDS_OWN
        for node in violation["nodes"][:2]
    ]
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if overflow > 0:
        found.append(f"{name}: {overflow} px wider than the screen")
    return found + [f"{name}: cut off: {html}" for html in page.evaluate(CUT_OFF, LONG)]


def create_agency(page: Page, *, save: str) -> str:
    """Fill in the form of a new agency; its short name."""
    slug = f"long-{uuid.uuid4().hex[:6]}"
    page.goto("/platform/accounts/agency/add/")
    page.locator("input[name=name]").fill(LONG)
    page.locator("input[name=slug]").fill(slug)
    page.locator(f"[name={save}]").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    return slug


def change_state(page: Page, act: str, reason: str = "") -> None:
    """On the form of an agency's state."""
    page.locator(f"input[name=act][value={act}]").check()
    page.locator("textarea[name=reason]").fill(reason)
    page.get_by_role("button", name="Save").click()


def test_the_door_asks_for_a_reason_and_the_password(open_page: Open, site: Site) -> None:
    page = open_page(PHONE)
    log_in_as_sue(page)
    page.goto("/platform/accounts/agency/")
    page.wait_for_url("**/platform/door/**")
    assert examine(page, "door") == []
    page.get_by_label("Reason").fill("short")
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("main")).to_contain_text("at least 10 characters")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Your password").fill("not the password")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("main")).to_contain_text("staff_password_wrong")
    shoot(page, "platform/phone-door-refused")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url("**/platform/accounts/agency/")  # the page that was asked for
    expect(page.get_by_text(f"Staff session: {REASON}")).to_be_visible()
    expect(page.locator("#staff-left")).to_contain_text("minutes left")
    page.get_by_role("button", name="End").click()
    page.wait_for_url("**/platform/door/**")
    page.goto("/platform/accounts/agency/")
    page.wait_for_url("**/platform/door/**")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible_and_cuts_nothing_off(
    open_page: Open, site: Site, size: tuple[int, int]
) -> None:
    page = open_page(size)
    enter(page)
    create_agency(page, save="_continue")
    agency = page.url.split("#")[0]
    assert examine(page, "agency") == []
    tag = "phone" if size == PHONE else "desktop"
    shoot(page, f"platform/{tag}-agency")
    pages = {
        "index": "/platform/",
        "agencies": "/platform/accounts/agency/",
        "agencies-none": "/platform/accounts/agency/?q=nothing-like-this",
        "agency-new": "/platform/accounts/agency/add/",
        "state": agency.replace("/change/", "/state/"),
        "features": agency.replace("/change/", "/features/"),
        "queue": "/platform/queue/",
        "operation": "/platform/operation/",
        "notices": "/platform/notices/",
        "staff": "/platform/accounts/user/",
        "staff-new": "/platform/accounts/user/add/",
        "sessions": "/platform/accounts/staffsession/",
        "record": "/platform/audit/auditentry/",
    }
    problems = []
    for name, address in pages.items():
        page.goto(address)
        problems += examine(page, name)
        shoot(page, f"platform/{tag}-{name}")
    for name in ("staff", "sessions", "record"):
        page.goto(pages[name])
        page.locator("#result_list tbody a").first.click()
        page.wait_for_url("**/change/**")
        problems += examine(page, f"one of {name}")
        shoot(page, f"platform/{tag}-one-of-{name}")
    assert problems == []


def test_an_agency_from_its_creation_to_its_end(open_page: Open, site: Site) -> None:
    page = open_page()
    enter(page)
    slug = create_agency(page, save="_continue")
    page.locator("input[name=jurisdiction]").fill("Hohenstein")
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    state = page.url.split("#")[0].replace("/change/", "/state/")
    page.goto(state)
    change_state(page, "suspend", "no")
    expect(page.get_by_text("reason_too_short")).to_be_visible()
    shoot(page, "platform/desktop-state-refused")
    steps = [
        ("activate", "", "Active"),
        ("suspend", "Invoices unpaid since May", "Suspended"),
        ("resume", "", "Active"),
        ("close", "The contract has ended", "Closed"),
    ]
    for act, reason, after in steps:
        page.goto(state)
        change_state(page, act, reason)
        expect(page.get_by_text("The state was changed.")).to_be_visible()
        expect(page.get_by_text(after, exact=True).first).to_be_visible()
    page.goto(state)
    expect(page.get_by_text("A closed agency stays closed.")).to_be_visible()
    page.goto(f"/platform/accounts/agency/?q={slug}")
    expect(page.locator("#result_list")).to_contain_text("Closed")
    page.goto("/platform/audit/auditentry/")
    for action in ("agency.created", "agency.suspended", "agency.closed", "platform.listed"):
        expect(page.locator("#result_list")).to_contain_text(action)


def test_staff_are_added_and_deactivated(open_page: Open, site: Site) -> None:
    page = open_page(PHONE)
    enter(page)
    email = f"{uuid.uuid4().hex[:8]}@platform.example"
    page.goto("/platform/accounts/user/add/")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=name]").fill("Stu")
    page.locator("input[name=password]").fill("password")
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("too common")).to_be_visible()
    shoot(page, "platform/phone-staff-refused")
    page.locator("input[name=password]").fill("seven green lamps at noon")
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.get_by_label("Active").uncheck()
    page.locator("[name=_continue]").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    expect(page.get_by_label("Active")).not_to_be_checked()
