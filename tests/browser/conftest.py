"""A real portal (web, worker, database) and a real Chromium in front of it."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from portal.demo.processes import wait_for_portal
from tests.searches.installation import installation
from tests.searches.office import PASSWORD, Office
from tests.searches.processes import free_port
from tests.second_factor import next_code

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots"
DESKTOP, PHONE = (1280, 900), (390, 844)
PATIENCE = 20_000  # ms; the worker and Chromium share two busy cores
# Each size and each theme once: what a theme breaks, it breaks in both sizes, and the other way.
BOTH_LOOKS = pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"]
)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"]
SETUP = """
from portal.demo import cast
from tests.second_factor import SECRET, give_app
cast.demo_agency(%(password)r, SECRET)
from accounts.models import Role
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.services.agencies import add_member
alder = agency_by_slug("alder")
ada = add_member(actor=command_actor("test", alder.pk), agency=alder, email="ada@alder.example",
                 name="Ada", roles=[Role.ADMIN], password=%(password)r)
max = add_member(actor=command_actor("test", alder.pk), agency=alder, email="max@alder.example",
                 name="Maximiliane-Alexandra von und zu Hohenstein-Wittgenstein",
                 roles=list(Role), password=%(password)r)
sup = add_member(actor=command_actor("test", alder.pk), agency=alder, email="sup@alder.example",
                 name="Sup", roles=[Role.SUPERVISOR], password=%(password)r)
give_app(sup.user)
give_app(ada.user)
give_app(max.user)
for name in ("noa", "nop"):  # new here, without a second factor
    add_member(actor=command_actor("test", alder.pk), agency=alder, email=f"{name}@alder.example",
               name=name.title(), roles=[Role.ANALYST], password=%(password)r)
from tests.factories import make_webhook
make_webhook(alder, "https://records-management.alder-police.example.org/candor/events/in")
from accounts.models import User
sue = User.objects.create_superuser("sue@platform.example", %(password)r,
                                    name="Sue of the platform")
give_app(sue)
"""


@dataclass(frozen=True)
class Site:
    """A running portal with Alder Police in it."""

    url: str
    office: Office


@pytest.fixture(scope="package")
def site(models: Path) -> Iterator[Site]:
    with installation(models) as place:
        office = Office(place)
        place.manage("shell", "-c", SETUP % {"password": PASSWORD})
        place.worker()
        port = free_port()
        web, _ = place.start("serve", "--bind", f"127.0.0.1:{port}", "--processes", "1")
        try:
            wait_for_portal(port)
            yield Site(f"http://127.0.0.1:{port}", office)
        finally:
            web.terminate()
            web.wait(20)


def chromium_path() -> str:
    """Debian's Chromium, best without the windows that nobody sees: a third less work.

    Its absence is a failure in CI, which installs it.
    """
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        text = "Chromium is missing (Debian: apt-get install chromium-headless-shell)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
    return found


@pytest.fixture(scope="package")  # its event loop would stop the ORM in whatever runs after it
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Open]:
    """Pages whose console stays silent: a warning or an error fails the test."""
    complaints: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        # Chromium reports refused forms (422) and the error pages that tests ask for itself.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            complaints.append(f"{message.type}: {message.text}")

    def make(
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        javascript: bool = True,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=javascript,
            base_url=site.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


_cookies: dict[str, list[Any]] = {}


def log_in(page: Page, email: str) -> None:
    """The person's home page: with the log-in of an earlier test when it still holds."""
    if email in _cookies:
        page.context.add_cookies(_cookies[email])
        page.goto("/")
        if not page.url.endswith("/login/"):
            return
    log_in_anew(page, email)


def log_in_anew(page: Page, email: str) -> None:
    """All steps: password, second factor, the agency's notice."""
    give_password_and_code(page, email)
    accept_notice(page)
    _cookies[email] = page.context.cookies()


def give_password_and_code(page: Page, email: str) -> None:
    """The log-in alone, as for the platform's staff, who belong to no agency."""
    page.goto("/login/")
    type_password(page, email)
    page.wait_for_url("**/login/factor/")
    page.get_by_label("Code").fill(next_code(email))
    page.get_by_role("button", name="Log in", exact=True).click()


def type_password(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def accept_notice(page: Page) -> None:
    page.wait_for_url("**/agency/notice/**")
    page.get_by_role("button", name="I have read and accept").click()
    page.wait_for_url("**/")


def visit(page: Page, address: str) -> None:
    """Go there from a page that may renew itself at this moment, which ends the going once."""
    try:
        page.goto(address)
    except Error as error:
        if "ERR_ABORTED" not in error.message:
            raise
        page.goto(address)


def press(page: Page, keys: str) -> None:
    """Press keys at an examination's face, once its script listens."""
    expect(page.locator(".view-only[data-scripted]")).to_be_visible()
    for key in keys.split():
        page.keyboard.press(key)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page for people to look at."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
