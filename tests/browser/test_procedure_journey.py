"""Three people bring a search from log-in to its conclusion and the report, as new users would."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Open, Site, log_in, press, shoot
from tests.browser.test_journeys import expect_searched, fill_grounds, open_case, upload

pytestmark = [pytest.mark.browser, pytest.mark.processes]

EXAMINERS = """
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.models import Role
from accounts.services.agencies import add_member
from tests.second_factor import give_app
from tests.searches.office import PASSWORD

alder = agency_by_slug("alder")
for name in ("una", "udo"):
    member = add_member(actor=command_actor("test", alder.pk), agency=alder, name=name.title(),
                        email=f"{name}@alder.example", roles=[Role.EXAMINER], password=PASSWORD)
    give_app(member.user)
"""


@pytest.fixture(scope="module")
def examiners(site: Site) -> None:
    site.office.place.manage("shell", "-c", EXAMINERS)


def searched(page: Page, site: Site) -> str:
    """The analyst's part: case, picture, face, gallery, grounds; the id of the search."""
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    expect(page.get_by_text("One face was found")).to_be_visible()
    page.get_by_label("Custody").check()
    page.get_by_label("Candidates at most").fill("3")
    fill_grounds(page)
    shoot(page, "procedure-1-grounds")
    page.get_by_role("button", name="Search this face").click()
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    return expect_searched(page)


def wanted_position(site: Site, examination: str) -> int:
    """Where this examination shows the candidate at rank 1; no page says so."""
    return int(
        site.office.place.value(
            "SELECT i.position FROM searches_examinationitem i"
            " JOIN searches_candidate c ON c.id = i.candidate_id"
            " WHERE i.examination_id = %s AND c.rank = 1",
            examination,
        )
    )


def examine(page: Page, site: Site, search: str, email: str, picture: str) -> None:
    """An examiner's part: from the work queue to the submission, retaining one face."""
    log_in(page, email)
    page.goto("/work/")
    shoot(page, f"{picture}-work")
    row = page.locator(".row-task", has_text=search[:8])
    row.get_by_role("button", name="Examine").click()
    page.wait_for_url(re.compile(r"/examinations/[0-9a-f-]{36}/$"))
    examination = page.url.rstrip("/").rsplit("/", 1)[1]
    wanted = wanted_position(site, examination)
    shoot(page, f"{picture}-overview")
    page.get_by_role("link", name=re.compile("Examine face")).click()
    while "/faces/" in page.url:
        here = page.url
        if here.endswith(f"/faces/{wanted}/"):
            shoot(page, f"{picture}-face")
            keys = "j 1 j 1 j 1 j 1 r"
        else:
            keys = "j 2 e"
        press(page, f"{keys} Control+Enter")
        expect(page).not_to_have_url(here)
    page.get_by_role("link", name="Submit the examination").click()
    page.get_by_role("button", name="Submit the examination").click()
    expect(page.locator("main")).to_contain_text("May be the same person")


def test_from_log_in_to_the_report_by_three_people(
    open_page: Open, site: Site, examiners: None
) -> None:
    analyst = open_page(DESKTOP)
    search = searched(analyst, site)
    examine(open_page(DESKTOP), site, search, "una@alder.example", "procedure-2-first")
    analyst.reload()
    expect(analyst.locator(".step-now")).to_have_text("Second examination")
    expect(analyst.locator(".candidate")).to_have_count(0)
    examine(open_page(DESKTOP), site, search, "udo@alder.example", "procedure-3-second")
    analyst.reload()
    main = analyst.locator("main")
    expect(main).to_contain_text("It is not an identification of any person.")
    expect(analyst.locator(".candidate")).to_have_count(3)
    shoot(analyst, "procedure-4-concluded")
    with analyst.expect_download() as download:
        analyst.get_by_role("link", name="Report in English (PDF)").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
