"""The page of a closed agency as its admin meets it: the export, its download, the destruction."""

import json
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Open, Site, give_password_and_code, shoot
from tests.browser.test_platform_pages import examine
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.processes]

CLARA = "clara@cedar.example"
# An agency of its own, closed, whose export a worker has made: the site's agencies stay open.
SETUP = """
from accounts.actor import command_actor
from accounts.models import Role
from accounts.services.agencies import add_member, create_agency
from accounts.services.agency_lifecycle import close_agency
from accounts.services.offboarding_job import run_offboarding
from portal.tenancy import scope
from tests.second_factor import give_app
operator = command_actor("test", None)
cedar = create_agency(actor=operator, name="Cedar Police", slug="cedar")
clara = add_member(actor=command_actor("test", cedar.pk), agency=cedar, email=%(email)r,
                   name="Clara", roles=[Role.ADMIN], password=%(password)r)
give_app(clara.user)
close_agency(actor=operator, agency=cedar, reason="The contract has ended")
with scope(cedar.pk):
    run_offboarding(cedar.pk)
"""


def test_an_admin_downloads_the_export_and_has_the_data_destroyed(
    open_page: Open, site: Site, tmp_path: Path
) -> None:
    site.office.place.manage("shell", "-c", SETUP % {"email": CLARA, "password": PASSWORD})
    page = open_page(PHONE)
    give_password_and_code(page, CLARA)
    card = page.locator("section[data-state]")
    expect(page.get_by_text("Cedar Police is closed.")).to_be_visible()
    page.goto("/closed/")
    expect(card).to_have_attribute("data-state", "exported", timeout=60_000)
    problems = examine(page, "closed")
    shoot(page, "closed-exported-phone")
    expect(page.get_by_role("link", name="Destroy the data now")).to_have_count(0)
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download the export").click()
    path = tmp_path / "export.zip"
    begun.value.save_as(path)
    with zipfile.ZipFile(path) as export:
        assert export.testzip() is None
        assert json.loads(export.read("manifest.json"))["agency"]["slug"] == "cedar"
    page.goto("/closed/")
    page.get_by_role("link", name="Destroy the data now").click()
    problems += examine(page, "destroy")
    name = page.get_by_label("Short name of the agency")
    name.fill("alder")
    page.get_by_role("button", name="We have our export").click()
    expect(page.locator("main")).to_contain_text("short_name_wrong")
    shoot(page, "closed-name-wrong-phone")
    name.fill("cedar")
    page.get_by_role("button", name="We have our export").click()
    # The worker begins at once, and the admin's account goes with the agency.
    page.wait_for_url(lambda url: "/closed/" in url or "/login/" in url)
    shoot(page, "closed-destroying-phone")
    query = "SELECT o.state FROM accounts_offboarding o JOIN accounts_agency a"
    query += " ON a.id = o.agency_id WHERE a.slug = 'cedar'"
    deadline = time.monotonic() + 60
    while site.office.place.value(query) != "destroyed":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert problems == []
