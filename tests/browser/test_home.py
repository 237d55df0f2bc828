"""The homes of single roles, and the search box by keyboard and without a script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open, Site, log_in, shoot
from tests.browser.test_pages import EVERYTHING, examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Of an agency at work, and of one in which nothing was done yet.
HOMES = {
    "admin": "ada@alder.example",
    "supervisor": "sup@alder.example",
    **{f"new-{role}": f"{role}@demo.example" for role in ("analyst", "examiner", "auditor")},
}


@pytest.mark.parametrize("home", HOMES)
def test_the_home_of_a_role_is_accessible(open_page: Open, site: Site, home: str) -> None:
    page = open_page()
    log_in(page, HOMES[home])
    assert examine(page, home) == []
    shoot(page, f"home-{home}")


def test_keys_lead_to_the_search_box(open_page: Open, site: Site) -> None:
    page = open_page()
    log_in(page, EVERYTHING)
    box = page.get_by_role("searchbox", name="Find in the whole agency")
    for key in ("/", "Control+k"):
        page.goto("/usage/")
        page.keyboard.press(key)
        expect(box).to_be_focused()
    page.keyboard.type("nothing/like-this")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find/?q=nothing%2Flike-this")
    expect(box).to_have_value("nothing/like-this")
    # Whoever does not want single keys says so once, for every page.
    page.get_by_label("The key / leads to this box").uncheck()
    page.goto("/usage/")
    page.keyboard.press("/")
    expect(box).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()


def test_without_a_script_and_on_a_phone(open_page: Open, site: Site) -> None:
    page = open_page(PHONE, javascript=False)
    log_in(page, EVERYTHING)
    page.get_by_role("link", name="Find", exact=True).click()
    look_for(page, "Maximiliane")
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    expect(page.get_by_text("The key / leads")).to_be_hidden()


def look_for(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url("**/find/?q=**")
