"""The pages of the record and its review, in both themes and at both sizes."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH_LOOKS, PHONE, Open, Site, log_in, shoot
from tests.browser.test_pages import EVERYTHING, examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def grow_old(site: Site) -> None:
    """The agency is three weeks old, and something was written about one of its cases."""
    with site.office.place.connect() as connection:
        connection.execute(
            "UPDATE accounts_agency SET created_at = now() - interval '25 days' WHERE slug = %s",
            [site.office.slug],
        )


@BOTH_LOOKS
def test_the_pages_of_the_record_are_accessible_and_fit(
    open_page: Open, site: Site, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    grow_old(site)
    page = open_page(size, scheme, javascript=True)
    log_in(page, EVERYTHING)
    page.goto("/cases/")
    page.locator(".rows a").first.click()
    page.get_by_role("link", name="Who looked at this").click()
    problems, kind = [], f"{scheme}-{'phone' if size == PHONE else 'desktop'}"
    addresses = {
        "looked": page.url,
        "oversight": "/oversight/",
        "record": "/oversight/record/",
        "record-filtered": "/oversight/record/?action=login&outcome=done",
        "record-nothing": "/oversight/record/?q=nothing-like-this",
        "record-wrong": "/oversight/record/?case=none&first=2026-05-02&last=2026-05-01",
        "record-export": "/oversight/record/export/",
        "reviews": "/oversight/reviews/",
    }
    for name, address in addresses.items():
        page.goto(address)
        problems += examine(page, name)
        shoot(page, f"record/{kind}-{name}")
    page.locator(".rows a").first.click()
    problems += examine(page, "review")
    shoot(page, f"record/{kind}-review")
    page.goto("/oversight/record/?action=case.opened")
    page.locator(".rows a").first.click()
    problems += examine(page, "entry")
    shoot(page, f"record/{kind}-entry")
    assert problems == []


def test_a_week_is_signed_and_stays_signed(open_page: Open, site: Site) -> None:
    grow_old(site)
    page = open_page()
    log_in(page, EVERYTHING)
    page.goto("/oversight/reviews/")
    page.locator(".rows a").last.click()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Sign only what you have looked through.")).to_be_visible()
    page.get_by_label("I have looked through").check()
    page.get_by_label("Nothing stays open").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("The week is signed.")).to_be_visible()
    page.locator(".rows a").last.click()
    expect(page.get_by_role("heading", name="The signature")).to_be_visible()
    shoot(page, "record/signed-week")
