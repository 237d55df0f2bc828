"""An administrator erases a subject: what will happen, the work, the receipt."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Site, log_in, shoot, visit
from tests.browser.test_pages import EVERYTHING, examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

WAIT = 90_000
REASON = "The person asked for it, and nothing keeps it"


def test_a_subject_is_erased_with_a_receipt(open_page: Open, site: Site) -> None:
    page, narrow = open_page(DESKTOP), open_page(PHONE, "dark")
    problems: list[str] = []
    log_in(page, EVERYTHING)
    log_in(narrow, EVERYTHING)
    page.goto(f"/galleries/{site.office.gallery}/")
    shoot(page, "erasure-gallery")
    page.get_by_role("link", name="P-0011").click()
    shoot(page, "erasure-subject")
    page.get_by_role("link", name="Erase", exact=True).click()
    visit(narrow, page.url)
    for one, kind in ((page, "light"), (narrow, "phone-dark")):
        problems += examine(one, f"erase {kind}")
        shoot(one, f"erasure-wizard-{kind}")
    page.get_by_label("Cause").select_option("demand")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("To confirm").fill("somebody else")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("This is not what was asked for.")).to_be_visible()
    page.get_by_label("To confirm").fill("P-0011")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="Erased and proved")).to_be_visible(timeout=WAIT)
    visit(narrow, page.url)
    for one, kind in ((page, "light"), (narrow, "phone-dark")):
        problems += examine(one, f"receipt {kind}")
        shoot(one, f"erasure-receipt-{kind}")
    page.goto("/erasures/")
    problems += examine(page, "erasures")
    shoot(page, "erasure-list")
    page.goto(f"/galleries/{site.office.gallery}/")
    expect(page.get_by_role("link", name="P-0011")).to_have_count(0)
    assert problems == []
