"""`make screenshots`: the pictures of docs/tutorials/, taken from the portal of the demo.

The demo is set up anew with fewer of its synthetic people and one search brought to its conclusion,
and each picture is what one of its people sees. Whoever changes a page that a tutorial shows takes
them again and looks at them; a test holds the names here, in the folder and in the tutorials
together (tests/test_docs.py).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "tutorials" / "images"
SIZE = (1000, 720)
QUALITY = 80  # of WebP, from 0 to 100: texts stay sharp, and a picture is below 60 KB
DEMO = """
from django.core.management import call_command
from portal.demo import people
people.PEOPLE = 24
call_command("demo", port=%d)
"""
CONCLUDE = """
from accounts.access import agency_by_slug
from accounts.models import User
from portal.tenancy import scope
from searches.models import Search
from tests.searches.procedure import Office, examine
agency = agency_by_slug("demo")
names = ("examiner", "examiner2")
office = Office(agency, {name: User.objects.get(email=f"{name}@demo.example") for name in names})
with scope(agency.pk):
    search = Search.objects.get(case__number="DEMO-0001")
    for name in names:
        examine(office.actor(name), search, {1})
"""


def nothing(page: Page) -> None:
    """The page as it opens."""


def press(name: str) -> Callable[[Page], None]:
    """Follow the first link or button of that name."""

    def follow(page: Page) -> None:
        found = page.locator("main").get_by_role("button", name=name)
        found.or_(page.locator("main").get_by_role("link", name=name)).first.click()
        page.wait_for_load_state("networkidle")

    return follow


def scroll_to(selector: str) -> Callable[[Page], None]:
    """Bring the part to the top of the picture."""
    return lambda page: page.locator(selector).first.evaluate("part => part.scrollIntoView()")


def take_and_open(page: Page) -> None:
    """Take the first search that waits, and open its first face."""
    press("Examine")(page)
    press("Examine face 1")(page)


@dataclass(frozen=True)
class Picture:
    """What somebody sees at an address; `{name}` in it is an id that `ids_of` knows."""

    name: str
    who: str
    address: str
    do: Callable[[Page], None] = nothing


# In the order in which they can be taken: the examiner's search is in nobody's hand before.
PICTURES = (
    Picture("analyst-home", "analyst", "/"),
    Picture("analyst-picture", "analyst", "/cases/{case}/probe/"),
    Picture("analyst-face", "analyst", "/probes/{probe}/"),
    # The demo's first case belongs to its operator, and no analyst sees it.
    Picture("analyst-result", "supervisor", "/searches/{concluded}/", scroll_to("h2#conclusion")),
    Picture("examiner-work", "examiner2", "/work/"),
    Picture("examiner-face", "examiner2", "/work/", take_and_open),
    Picture("supervisor-work", "supervisor", "/work/"),
    Picture(
        "supervisor-authorization",
        "supervisor",
        "/searches/{waiting}/authorization/",
        scroll_to(".decision-pictures"),
    ),
    Picture("supervisor-search", "supervisor", "/searches/{taken}/"),
    Picture("auditor-record", "auditor", "/oversight/record/"),
    Picture("admin-people", "admin", "/people/"),
    Picture("admin-usage", "admin", "/usage/", scroll_to("h2#forecast")),
)


def ids_of(value: Callable[[str], object]) -> dict[str, str]:
    """The demo's rows that pictures are taken of, by the name that addresses give them."""
    queries = {
        "case": "SELECT case_id FROM searches_search WHERE stage = 'awaiting_authorization'",
        "probe": "SELECT probe_id FROM searches_search WHERE stage = 'second_examination'",
        "concluded": "SELECT id FROM searches_search WHERE stage = 'concluded'",
        "waiting": "SELECT id FROM searches_search WHERE stage = 'awaiting_authorization'",
        "taken": "SELECT id FROM searches_search WHERE stage = 'examination'",  # due first
    }
    return {name: str(value(query)) for name, query in queries.items()}


@contextmanager
def demo() -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a demo that runs as long as the block lasts, and its ids."""
    from django.conf import settings

    from searches.model_building import build_open_models
    from tests.portal.embedded_clients import wait_until
    from tests.searches.installation import installation
    from tests.searches.office import PASSWORD
    from tests.searches.processes import free_port
    from tests.second_factor import SECRET

    models = Path(settings.MODELS_DIR)
    build_open_models(models)
    with installation(models) as place:
        for name, text in {"password": PASSWORD, "app-secret": SECRET}.items():
            (place.var / "demo").mkdir(exist_ok=True)
            (place.var / "demo" / name).write_text(text)
        script = DEMO % free_port()
        running, log = place.start("shell", "-c", script, PYTHONUNBUFFERED="1")
        try:
            wait_until(
                lambda: "Candor is ready" in log.read_text() or running.poll() is not None, 900
            )
            ready = re.search(r"http://localhost:(\d+)/", log.read_text())
            if ready is None:
                raise RuntimeError(log.read_text())
            place.manage("shell", "-c", CONCLUDE)
            yield f"http://127.0.0.1:{ready[1]}", ids_of(place.value)
        finally:
            running.terminate()
            running.wait(60)


def take(browser: Browser, url: str, ids: dict[str, str]) -> None:
    """All pictures, each person logged in once, in the light theme and in English."""
    from tests.browser.conftest import log_in_anew

    pages: dict[str, Page] = {}
    for picture in PICTURES:
        if picture.who not in pages:
            width, height = SIZE
            pages[picture.who] = browser.new_context(
                base_url=url, viewport={"width": width, "height": height}, color_scheme="light"
            ).new_page()
            log_in_anew(pages[picture.who], f"{picture.who}@demo.example")
        page = pages[picture.who]
        page.goto(picture.address.format(**ids))
        page.wait_for_load_state("networkidle")
        picture.do(page)
        keep(page.screenshot(), picture.name)


def keep(png: bytes, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with Image.open(BytesIO(png)) as shown:
        shown.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def main() -> None:
    import django

    django.setup()
    from tests.browser.conftest import QUIET, chromium_path

    with demo() as (url, ids), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        take(browser, url, ids)
        browser.close()


if __name__ == "__main__":
    main()
