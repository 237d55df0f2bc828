"""The pages of a change of engine: an admin takes a gallery from one engine to another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.demo.processes import wait_for_portal
from searches.engines.synthetic.folder import write_folder
from tests.browser import conftest
from tests.browser.conftest import DESKTOP, PHONE, SETUP, Open, Site, log_in, shoot, visit
from tests.browser.test_pages import examine
from tests.galleries.second_engine import second_package
from tests.searches.installation import installation
from tests.searches.office import PASSWORD, Office
from tests.searches.processes import free_port

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ADMIN = "ada@alder.example"
WAIT = 90_000


@pytest.fixture(scope="module")
def site(models: Path) -> Iterator[Site]:
    """A portal with two engines, and a gallery with pairs of pictures."""
    conftest._cookies.clear()
    with installation(models) as place:
        place.environment |= {
            "CANDOR_ENGINE_NEXT": "open",
            "CANDOR_ENGINE_NEXT_PACKAGE": str(second_package()),
        }
        office = Office(place)
        place.manage("shell", "-c", SETUP % {"password": PASSWORD})
        folder = place.var.parent / "pairs"
        write_folder(folder, people=4, pictures=2, size=320)
        office.enroll("Pairs", folder)
        office.gallery = str(place.value("SELECT id FROM searches_gallery WHERE name = 'Pairs'"))
        place.worker()
        port = free_port()
        web, _ = place.start("serve", "--bind", f"127.0.0.1:{port}", "--processes", "1")
        try:
            wait_for_portal(port)
            yield Site(f"http://127.0.0.1:{port}", office)
        finally:
            web.terminate()
            web.wait(20)
            conftest._cookies.clear()


class Eyes:
    """Looks at every page on the way: accessible, within both screens, in both themes."""

    def __init__(self, wide: Page, narrow: Page) -> None:
        self.wide, self.narrow = wide, narrow
        self.problems: list[str] = []

    def see(self, name: str) -> None:
        visit(self.narrow, self.wide.url)
        for page, kind in ((self.wide, "light"), (self.narrow, "phone-dark")):
            self.problems += examine(page, f"{name} {kind}")
            shoot(page, f"engine-{name}-{kind}")


def test_an_admin_changes_the_engine_of_a_gallery(open_page: Open, site: Site) -> None:
    page, narrow = open_page(DESKTOP), open_page(PHONE, "dark")
    log_in(page, ADMIN)
    narrow.context.add_cookies([{**one} for one in page.context.cookies()])  # type: ignore[typeddict-item]
    eyes = Eyes(page, narrow)
    page.goto(f"/galleries/{site.office.gallery}/")
    page.get_by_role("link", name="Engine", exact=True).click()
    eyes.see("list-empty")
    page.get_by_role("link", name="Change the engine").click()
    eyes.see("new")
    page.get_by_role("button", name="Start embedding").click()
    expect(page.get_by_text("Choose one of the installation").first).to_be_visible()
    eyes.see("new-refused")
    visit(page, page.url)
    page.locator("input[name=contract]:enabled").check()
    page.get_by_label("Pictures per minute at most").fill("1")
    page.get_by_role("button", name="Start embedding").click()
    expect(page.get_by_role("heading", name="Change of engine")).to_be_visible()
    eyes.see("embedding")
    page.get_by_label("Pictures per minute at most").fill("")
    page.get_by_role("button", name="Set the speed").click()
    expect(page.get_by_role("link", name="Cut over")).to_be_visible(timeout=WAIT)
    eyes.see("ready")

    page.get_by_label("Pictures to search for").fill("4")
    page.get_by_role("button", name="Compare the engines").click()
    expect(page.get_by_role("link", name="Download as JSON")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("4/4").first).to_be_visible()
    eyes.see("shadow")
    page.get_by_role("link", name="Change of engine").click()

    page.get_by_role("link", name="Cut over").click()
    eyes.see("switch")
    page.get_by_role("button", name="Cut over").click()
    expect(page.get_by_role("link", name="Roll back")).to_be_visible(timeout=WAIT)
    eyes.see("cut-over")
    page.get_by_role("link", name="Remove the old templates").click()
    eyes.see("end")
    page.get_by_role("button", name="Remove them").click()
    expect(page.get_by_text("8 old templates were removed")).to_be_visible(timeout=WAIT)
    eyes.see("removed")
    page.goto(f"/galleries/{site.office.gallery}/engine/")
    eyes.see("list")
    assert eyes.problems == []
