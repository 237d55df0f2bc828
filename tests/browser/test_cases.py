"""A case from its opening to its closing, by the people who answer for it."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Open, Site, log_in, shoot

pytestmark = [pytest.mark.browser, pytest.mark.processes]

MAX = "max@alder.example"  # everything in one person, a supervisor among it
SMALL = (360, 760)


def give_reason(page: Page, button: str) -> None:
    page.get_by_label("Reason").fill("The public prosecutor asked for it")
    page.get_by_role("button", name=button).click()
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))


def fits(page: Page) -> bool:
    """Whether nothing of the page is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_case_from_its_opening_to_its_closing(open_page: Open, site: Site) -> None:
    number = f"2026-{uuid.uuid4().hex[:6]}"
    page = open_page(DESKTOP)
    log_in(page, site.office.email)
    page.goto("/cases/new/")
    shoot(page, "case-new")
    page.get_by_label("Case number").fill(number)
    page.get_by_label("Title").fill("Robbery at the harbour")
    page.get_by_label("Purpose").select_option("serious_violent_offence")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/$"))
    address = page.url
    person = page.get_by_label("Person")
    offered = person.locator("option", has_text="Maximiliane")
    person.select_option(value=offered.get_attribute("value"))
    page.get_by_role("button", name="Add to the case").click()
    expect(page.get_by_role("link", name=re.compile("Remove.*max@"))).to_be_visible()
    page.get_by_role("textbox", name="Note").fill(
        "A witness saw a grey van.\nThe plate is not known."
    )
    page.get_by_role("button", name="Write the note").click()
    expect(page.locator(".note-text")).to_contain_text("grey van")
    shoot(page, "case-owner")

    supervisor = open_page(SMALL, scheme="dark")
    log_in(supervisor, MAX)
    supervisor.goto(address)
    supervisor.get_by_role("link", name="Put under legal hold").click()
    shoot(supervisor, "case-hold-phone-dark")
    give_reason(supervisor, "Put it under legal hold")
    supervisor.goto(address + "cap/")
    supervisor.get_by_label("Searches at most").fill("3")
    give_reason(supervisor, "Change the number")
    expect(supervisor.locator("main")).to_contain_text("0 of 3 searches")
    shoot(supervisor, "case-supervisor-phone-dark")
    assert fits(supervisor)

    page.reload()
    expect(page.get_by_text("Legal hold").first).to_be_visible()
    page.get_by_role("link", name="Close the case").click()
    give_reason(page, "Close the case")
    expect(page.locator("main")).not_to_contain_text("Search with a picture")
    shoot(page, "case-closed")
    page.goto(address + "timeline/")
    expect(page.locator("main")).to_contain_text("Case closed")
    shoot(page, "case-timeline")


@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desktop"), (SMALL, "phone")])
def test_the_lists_fit_their_screens(
    open_page: Open, site: Site, size: tuple[int, int], name: str
) -> None:
    page = open_page(size)
    log_in(page, MAX)
    page.goto("/cases/?whose=member")
    shoot(page, f"cases-{name}")
    assert fits(page)
    page.goto("/settings/categories/")
    page.get_by_label("Name").fill(f"Abduction {uuid.uuid4().hex[:4]}")
    page.get_by_label("Purpose").select_option("missing_person")
    page.get_by_role("button", name="Add the category").click()
    expect(page.get_by_text("The category was added.")).to_be_visible()
    shoot(page, f"categories-{name}")
    assert fits(page)
    page.get_by_role("link", name=re.compile("^Abduction")).first.click()
    shoot(page, f"category-{name}")
    page.get_by_role("button", name="Retire it").click()
    expect(page.get_by_text("Retired").first).to_be_visible()
