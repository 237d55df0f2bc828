"""What an agency admin does every day takes at most three clicks after log-in."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BOTH_LOOKS, DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.browser.test_pages import examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ADMIN = "ada@alder.example"
MOST = 3
MEMBER = """
import uuid
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.models import Role
from accounts.services.agencies import add_member
alder = agency_by_slug("alder")
for n in range(%d):
    add_member(actor=command_actor("test", alder.pk), agency=alder, name=f"%s {n:04d}",
               email=f"%s-{n}@alder.example", roles=[Role.ANALYST], password=uuid.uuid4().hex)
"""


class Hand:
    """Clicks, and counts each of them: links, buttons and boxes alike. Typing is no click."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def people(self) -> None:
        self.click(self.page.get_by_role("link", name="People", exact=True))

    def row(self, text: str) -> Locator:
        return self.page.locator(".row", has_text=text)


def add_people(site: Site, name: str, count: int = 1) -> str:
    """New members; the name of the first."""
    tag = uuid.uuid4().hex[:6]
    site.office.place.manage("shell", "-c", MEMBER % (count, name, tag))
    return f"{tag}-0@alder.example"


def find(page: Page, email: str) -> None:
    """By keyboard alone, as on a page of a thousand."""
    page.get_by_label("Name or address").focus()
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def hand(request: pytest.FixtureRequest, open_page: Open) -> Hand:
    page = open_page(request.param)
    log_in(page, ADMIN)
    return Hand(page)


def test_giving_a_role(hand: Hand, site: Site) -> None:
    email = add_people(site, "Aaron")
    hand.people()
    find(hand.page, email)
    row = hand.row(email)
    expect(row.get_by_role("button", name="Save the roles")).to_be_hidden()
    hand.click(row.get_by_label("Examiner"))
    hand.click(row.get_by_role("button", name="Save the roles"))
    expect(hand.page.locator(".messages")).to_contain_text("are saved")
    expect(hand.row(email).get_by_label("Examiner")).to_be_checked()
    assert "q=" in hand.page.url  # still the list that was searched
    assert hand.clicks <= MOST


def test_deactivating_and_reactivating(hand: Hand, site: Site) -> None:
    email = add_people(site, "Aaron")
    for link, button in (("Deactivate", "Deactivate"), ("Reactivate", "Reactivate")):
        hand.clicks = 0
        hand.page.goto("/")
        hand.people()
        find(hand.page, email)
        hand.click(hand.row(email).get_by_role("link", name=link))
        hand.click(hand.page.locator("main").get_by_role("button", name=button))
        expect(hand.page.locator(".messages")).to_contain_text("access")
        assert hand.clicks <= MOST


def test_inviting_sending_again_and_withdrawing(hand: Hand) -> None:
    email = f"{uuid.uuid4().hex[:8]}@alder.example"
    hand.people()
    hand.click(hand.page.get_by_role("link", name="Invite a person"))
    hand.page.get_by_label("E-mail address").fill(email)
    hand.page.get_by_label("Analyst").press("Space")
    hand.click(hand.page.get_by_role("button", name="Send the invitation"))
    expect(hand.page.locator(".messages")).to_contain_text(email)
    assert hand.clicks <= MOST
    for button, words in (("again", "A new link"), ("Withdraw", "withdrawn")):
        hand.clicks = 0
        hand.page.goto("/")
        hand.people()
        hand.click(hand.row(email).get_by_role("button", name=button))
        expect(hand.page.locator(".messages")).to_contain_text(words)
        assert hand.clicks <= MOST


def test_entering_a_certificate(hand: Hand, site: Site, tmp_path: Path) -> None:
    email = add_people(site, "Aaron")
    evidence = tmp_path / "evidence.pdf"
    evidence.write_bytes(b"%PDF-1.7 made for a test")
    hand.people()
    find(hand.page, email)
    hand.click(hand.row(email).get_by_role("link", name="Enter a certificate"))
    page = hand.page
    expect(page.get_by_label("Person").locator("option:checked")).to_contain_text("Aaron")
    page.get_by_label("Activity").select_option("search")
    page.get_by_label("Name of the certificate").fill("Face searching")
    page.get_by_label("Issuer").fill("Academy")
    days = page.locator("input[type=date]")
    days.nth(0).fill((timezone.localdate() - timedelta(days=9)).isoformat())
    days.nth(1).fill((timezone.localdate() + timedelta(days=90)).isoformat())
    page.locator("input[type=file]").set_input_files(evidence)
    hand.click(page.get_by_role("button", name="Enter the certificate"))
    expect(page.locator(".messages")).to_contain_text("The certificate was entered")
    assert hand.clicks <= MOST


def test_roles_are_changed_by_keyboard_and_without_javascript(open_page: Open, site: Site) -> None:
    email = add_people(site, "Aaron")
    page = open_page(PHONE, javascript=False)
    log_in(page, ADMIN)
    page.goto(f"/people/?q={email}")
    page.locator(".row", has_text=email).get_by_label("Auditor").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # to the next box
    page.keyboard.press("Tab")  # to the button, which is there now
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("are saved")
    expect(page.locator(".row", has_text=email).get_by_label("Auditor")).to_be_checked()


def test_a_list_without_roles_says_so_and_keeps_them(open_page: Open, site: Site) -> None:
    email = add_people(site, "Aaron")
    page = open_page()
    log_in(page, ADMIN)
    page.goto(f"/people/?q={email}")
    row = page.locator(".row", has_text=email)
    row.get_by_label("Analyst").uncheck()
    row.get_by_role("button", name="Save the roles").click()
    expect(page.locator("main")).to_contain_text("Nothing was saved")
    page.goto(f"/people/?q={email}")
    expect(page.locator(".row", has_text=email).get_by_label("Analyst")).to_be_checked()


@BOTH_LOOKS
def test_a_long_list_of_long_names_fits(
    open_page: Open, site: Site, size: tuple[int, int], scheme: str
) -> None:
    long = "Maximiliane-Alexandra-Wilhelmina von und zu Hohenstein-Wittgenstein-Berleburg"
    add_people(site, long, 30)
    page = open_page(size, scheme)
    log_in(page, "max@alder.example")
    name = f"people-{scheme}-{'phone' if size == PHONE else 'desktop'}"
    problems = []
    for address in ("/people/?q=Maxi", "/people/invitations/", "/people/invitations/?q=nobody"):
        page.goto(address)
        problems += examine(page, address)
        shoot(page, f"{name}{address.replace('/', '-').replace('?', '-')}")
    assert problems == []
