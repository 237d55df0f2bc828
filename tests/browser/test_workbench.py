"""An examination by keyboard alone, the views of the pictures, and how its pages look."""

import re
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import BOTH_LOOKS, PHONE, Open, Site, log_in, press, shoot
from tests.browser.test_pages import examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SETUP = """
from accounts.access import actor_of, agency_by_slug
from accounts.actor import command_actor
from accounts.models import Membership, Role
from accounts.services.agencies import add_member
from portal.tenancy import scope
from searches.models import Search
from searches.services.examining import start_examination
from tests.second_factor import give_app
from tests.searches.office import PASSWORD
from tests.searches.procedure import examine

alder = agency_by_slug("alder")

def person(name, role):
    member = add_member(actor=command_actor("test", alder.pk), agency=alder, roles=[role],
                        email=f"{name}@alder.example", name=name.title(), password=PASSWORD)
    give_app(member.user)
    with scope(alder.pk):
        return actor_of(member.user, alder, member, "127.0.0.1")

eva, eve = person("eva", Role.EXAMINER), person("eve", Role.EXAMINER)
sam = person("sam", Role.SUPERVISOR)
open_, disputed, done = "%s", "%s", "%s"
with scope(alder.pk):
    search = Search.objects.get(pk=disputed)
    examine(eva, search, {1, 2})
    examine(eve, search, {2})
    dispute = start_examination(actor=sam, search=search)
    search = Search.objects.get(pk=done)
    submitted = examine(eva, search, {1})
    examine(eve, search, {1})
    opened = start_examination(actor=eva, search=Search.objects.get(pk=open_))
print("MADE", opened.pk, dispute.pk, submitted.pk)
"""


@dataclass(frozen=True)
class Examinations:
    """Eva's open first one and one that she submitted; an adjudication of Sam's."""

    opened: str
    dispute: str
    submitted: str


@pytest.fixture(scope="module")
def examinations(site: Site) -> Examinations:
    office = site.office
    if not office.probe:
        office.probe = office.upload()
        office.place.wait_closed("probe", office.probe)
    searches = [office.submit() for _ in range(3)]
    for search in searches:
        office.place.wait_closed("search", search)
    output = office.place.manage("shell", "-c", SETUP % tuple(searches))
    made = re.search(r"MADE (\S+) (\S+) (\S+)", output)
    assert made, output
    return Examinations(*made.groups())


def open_face(page: Page, examination: str, position: int = 1) -> Page:
    page.goto(f"/examinations/{examination}/faces/{position}/")
    return page


def transform(page: Page, frame: str) -> str:
    return str(page.locator(f"[data-frame={frame}] img").evaluate("img => img.style.transform"))


def test_three_faces_are_decided_without_a_mouse(
    open_page: Open, examinations: Examinations
) -> None:
    page = open_page()
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened)
    press(page, "j 2 e Control+Enter")
    page.wait_for_url("**/faces/2/")
    press(page, "j 1 j j 1 k 1 j j j j j j 3 r Control+Enter")
    page.wait_for_url("**/faces/3/")
    press(page, "c")
    page.keyboard.type("n p 1 r: keys are letters here")
    press(page, "Escape i Control+Enter")
    page.wait_for_url("**/faces/4/")
    press(page, "p")
    page.wait_for_url("**/faces/3/")
    expect(page.get_by_label("Comment")).to_have_value("n p 1 r: keys are letters here")
    expect(page.get_by_label("Cannot be decided")).to_be_checked()
    press(page, "p")
    page.wait_for_url("**/faces/2/")
    expect(page.locator("input[value=similar]:checked")).to_have_count(3)
    expect(page.locator("input[value=not_visible]:checked")).to_have_count(1)
    expect(page.get_by_label("May be the same person")).to_be_checked()
    press(page, "n")
    page.wait_for_url("**/faces/3/")
    press(page, "o")
    expect(page.locator("main")).to_contain_text(re.compile(r"3 of \d+ decided"))


def test_both_pictures_are_zoomed_and_moved_together(
    open_page: Open, examinations: Examinations
) -> None:
    page = open_page()
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 5)
    expect(page.locator("[data-frame=face] img")).to_have_js_property("complete", True)
    assert transform(page, "probe") == transform(page, "face")
    whole = transform(page, "probe")
    seen = {whole}
    for keys in ("+ + +", "ArrowLeft", "ArrowUp", "-"):
        press(page, keys)
        assert transform(page, "probe") == transform(page, "face")
        assert transform(page, "probe") not in seen
        seen.add(transform(page, "probe"))
    press(page, "0")
    assert (transform(page, "probe"), transform(page, "face")) == (whole, whole)
    box = page.locator("[data-frame=face]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.wheel(0, -400)
    page.wait_for_function("document.querySelector('.bench.is-zoomed') !== null")
    zoomed = transform(page, "probe")
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.up()
    assert transform(page, "probe") == transform(page, "face") != zoomed


def visible(page: Page) -> tuple[bool, bool]:
    """Probe and face, both looked at in the same moment."""
    probe, face = page.locator(".frame").evaluate_all(
        "all => all.map(frame => getComputedStyle(frame).visibility === 'visible')"
    )
    return bool(probe), bool(face)


def test_blinking_shows_one_picture_after_the_other(
    open_page: Open, examinations: Examinations
) -> None:
    page = open_page()
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 5)
    assert visible(page) == (True, True)
    press(page, "b")
    page.get_by_label("Changes per second").fill("3")
    for _ in range(2):
        page.wait_for_selector(".bench.is-blinking.shows-face")
        assert sum(visible(page)) == 1
        page.wait_for_selector(".bench.is-blinking:not(.shows-face)")
    press(page, "b")
    assert visible(page) == (True, True)


def test_reduced_motion_blinks_by_hand_alone(open_page: Open, examinations: Examinations) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(
        "window.timers = 0; const set = window.setInterval;"
        "window.setInterval = (...all) => (window.timers++, set(...all));"
    )
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 5)
    press(page, "b")
    assert visible(page) == (True, False)
    assert page.evaluate("window.timers") == 0
    press(page, "x")
    assert visible(page) == (False, True)
    press(page, "x")
    assert visible(page) == (True, False)


def test_grid_brightness_sources_and_keys(open_page: Open, examinations: Examinations) -> None:
    page = open_page()
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 5)
    press(page, "g")
    grid = "f => getComputedStyle(f, '::after').backgroundImage"
    for frame in page.locator(".frame").all():
        assert "gradient" in frame.evaluate(grid)
    shoot(page, "workbench-grid")
    press(page, "g")
    assert page.locator(".frame").first.evaluate(grid) == "none"
    page.locator("[data-side=probe] [data-brightness]").fill("150")
    filters = page.locator(".frame img").evaluate_all("all => all.map(i => i.style.filter)")
    assert filters == ["brightness(150%)", ""]
    page.locator("[data-side=face]").get_by_role("link", name="Whole picture").click()
    source = page.locator("[data-frame=face] img").get_attribute("src") or ""
    assert source.endswith("/faces/5/picture/")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    shoot(page, "workbench-keys")
    assert examine(page, "keys") == []
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    press(page, "g")
    expect(page.locator(".bench.has-grid")).to_have_count(0)
    page.get_by_role("button", name="Grid").click()
    expect(page.locator(".bench.has-grid")).to_have_count(1)


def test_a_refused_decision_is_said_and_kept(open_page: Open, examinations: Examinations) -> None:
    page = open_page()
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 6)
    press(page, "j 1 r Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("checklist_incomplete")
    expect(page.get_by_label("May be the same person")).to_be_checked()
    shoot(page, "workbench-refused")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", accept)
    page.locator(".bench-head h1").click()  # browsers ask only people who did something
    press(page, "n")
    page.wait_for_url("**/faces/7/")
    assert asked == ["beforeunload"]


def test_everything_works_without_scripts(open_page: Open, examinations: Examinations) -> None:
    page = open_page(PHONE, javascript=False)
    log_in(page, "eva@alder.example")
    open_face(page, examinations.opened, 8)
    expect(page.get_by_role("toolbar")).to_have_count(0)
    assert page.locator(".frame img").count() == 2
    page.get_by_role("radiogroup", name="Nose").get_by_label("Dissimilar").check()
    page.get_by_label("Different person").check()
    page.get_by_role("button", name="Save and next").click()
    page.wait_for_url("**/faces/9/")
    shoot(page, "workbench-no-script")


@BOTH_LOOKS
def test_the_pages_are_accessible_and_fit(
    open_page: Open,
    examinations: Examinations,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    page, problems = open_page(size, scheme), []
    of_eva = {
        "overview": f"/examinations/{examinations.opened}/",
        "face": f"/examinations/{examinations.opened}/faces/2/",
        "return": f"/examinations/{examinations.opened}/return/",
        "submitted": f"/examinations/{examinations.submitted}/",
    }
    of_sam = {
        "dispute": f"/examinations/{examinations.dispute}/",
        "disputed-face": f"/examinations/{examinations.dispute}/faces/1/",
    }
    for email, addresses in (("eva@alder.example", of_eva), ("sam@alder.example", of_sam)):
        page.context.clear_cookies()
        log_in(page, email)
        for name, address in addresses.items():
            page.goto(address)
            page.wait_for_load_state("networkidle")
            problems += examine(page, name)
            shoot(page, f"workbench-{scheme}-{'phone' if size == PHONE else 'desktop'}-{name}")
            if name == "face":
                page.keyboard.press("b")
                problems += examine(page, "blinking")
                shoot(page, f"workbench-{scheme}-{'phone' if size == PHONE else 'desktop'}-blink")
    assert problems == []
