"""A new search from the picture to the submission, left and taken up again on the way."""

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from searches.engines.synthetic import Identity, Scene, draw_group
from tests.browser.conftest import DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.browser.loading import loading_faults
from tests.browser.test_journeys import expect_searched, open_case
from tests.browser.test_pages import examine
from tests.browser.test_picture_drop import hand_over

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PLACE = "Ferry landing, camera 4"
REASON = "Two people were seen at the landing before the alarm"


def crowd() -> bytes:
    """A large picture in which the faces are small: four people in one corner of it."""
    people = [Identity.from_seed(seed) for seed in (5, 6, 7, 8)]
    drawn = draw_group(people, Scene.from_seed(11, size=900))
    canvas = np.full((1200, 1600, 3), 168, np.uint8)
    canvas[200:1100, 60:960] = drawn
    done, data = cv2.imencode(".jpg", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()


@pytest.fixture(scope="module")
def picture() -> bytes:
    return crowd()


@pytest.mark.parametrize(
    ("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")], ids=["desktop", "phone"]
)
def test_begun_left_and_taken_up_again(
    open_page: Open, site: Site, picture: bytes, size: tuple[int, int], name: str
) -> None:
    page = open_page(size)
    log_in(page, site.office.email)
    number = open_case(page)
    page.get_by_label("Where").fill(PLACE)
    expect(page.locator("#draft-state")).to_contain_text("Saved at")

    go_on(page, number)
    expect(page.get_by_label("Where")).to_have_value(PLACE)
    page.get_by_label("Taken on").fill("2026-01-03")
    page.get_by_label("Taken by").select_option("cctv")
    hand_over(page, "drop", ("landing.jpg", picture))
    shoot(page, f"new-search-upload-{name}")
    page.get_by_role("button", name="Find the faces").click()
    expect(page.get_by_text("faces were found")).to_be_visible()
    assert loading_faults(page, f"new-search-picker-{name}") == []
    look_closely(page, name)

    choose_by_keyboard(page)
    page.get_by_label("Custody").check()
    page.get_by_label("Initial identification").check()
    page.get_by_label("Reason", exact=True).fill(REASON)
    expect(page.locator("#draft-state")).to_contain_text("Saved at")
    page.get_by_label("Candidates at most").focus()
    shoot(page, f"new-search-picker-{name}")
    assert examine(page, f"new-search-picker-{name}", as_loaded=False) == []
    page.get_by_label("Reason", exact=True).press("End")
    page.keyboard.type(", at 21:40")
    page.wait_for_load_state("networkidle")

    go_on(page, number)
    expect(page.get_by_label("Reason", exact=True)).to_have_value(f"{REASON}, at 21:40")
    expect(page.locator("input[name=face]").nth(1)).to_be_checked()
    expect(page.get_by_label("Custody")).to_be_checked()
    page.get_by_role("textbox", name="Facts").fill("The camera shows both at 21:40")
    page.get_by_role("button", name="Search this face").click()
    page.wait_for_url(re.compile(r"/searches/[0-9a-f-]{36}/"))
    expect_searched(page)
    shoot(page, f"new-search-submitted-{name}")
    page.goto("/")
    expect(page.get_by_role("link", name=f"Go on with the search for {number}")).to_have_count(0)


def go_on(page: Page, number: str) -> None:
    """By way of the first page, at once after the last key."""
    page.goto("/")
    link = page.get_by_role("link", name=f"Go on with the search for {number}")
    expect(link).to_be_visible()
    shoot(page, "new-search-home")
    assert examine(page, "home-with-drafts") == []
    page.get_by_role("link", name="All that I began").click()
    expect(link).to_be_visible()
    assert examine(page, "drafts") == []
    link.click()


def choose_by_keyboard(page: Page) -> None:
    page.locator("input[name=face]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=face]").nth(1)).to_be_checked()
    before = page.get_by_role("region", name="Before you submit")
    expect(before).to_contain_text("Face 2,", use_inner_text=True)
    expect(before).not_to_contain_text("Face 1,", use_inner_text=True)
    expect(before).to_contain_text("This search")


def scrolled(frame: Locator) -> tuple[int, int]:
    found = frame.evaluate("frame => [frame.scrollLeft, frame.scrollTop].map(Math.round)")
    return found[0], found[1]


def look_closely(page: Page, name: str) -> None:
    frame, level = page.locator(".picture-frame"), page.locator("[data-zoom-level]")
    before = frame.bounding_box()
    expect(page.get_by_role("button", name="Chosen face")).to_be_disabled()
    frame.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(level).to_have_text("225 %")
    assert frame.bounding_box() == before  # nothing else on the page moves
    left, _ = scrolled(frame)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "left => document.querySelector('.picture-frame').scrollLeft > left", arg=left
    )
    page.keyboard.press("0")
    expect(level).to_have_text("100 %")
    page.get_by_role("button", name="Zoom in").click()
    mark = page.locator(".mark-face").nth(2)
    mark.locator("rect").click()
    expect(page.locator("input[name=face]").nth(2)).to_be_checked()
    page.get_by_role("button", name="Chosen face").click()
    expect(mark.locator("rect")).to_be_in_viewport()
    if name == "desktop":
        drag(page, frame)
    page.get_by_role("button", name="Fit").click()
    expect(level).to_have_text("100 %")
    assert scrolled(frame) == (0, 0)
    page.get_by_role("button", name="Chosen face").click()
    # Last, since a picture of the whole page may change its width, and another width fits it anew.
    shoot(page, f"new-search-zoomed-{name}")
    assert examine(page, f"new-search-zoomed-{name}", as_loaded=False) == []


def drag(page: Page, frame: Locator) -> None:
    """The hand moves the picture, and chooses no face by it; Ctrl and the wheel zoom."""
    box = frame.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    left, top = scrolled(frame)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=3)
    page.mouse.up()
    assert scrolled(frame) == (max(left - 30, 0), max(top - 20, 0))
    expect(page.locator("input[name=face]").nth(2)).to_be_checked()
    level = page.locator("[data-zoom-level]")
    shown = level.inner_text()
    page.keyboard.down("Control")
    page.mouse.wheel(0, 120)
    page.keyboard.up("Control")
    expect(level).not_to_have_text(shown)


def test_without_javascript_a_button_saves(open_page: Open, site: Site) -> None:
    page = open_page(PHONE, javascript=False)
    log_in(page, site.office.email)
    number = open_case(page)
    page.get_by_label("Where").fill(PLACE)
    page.get_by_role("button", name="Save and go on later").click()
    page.get_by_role("link", name=f"Go on with the search for {number}").click()
    expect(page.get_by_label("Where")).to_have_value(PLACE)
    page.goto("/")
    row = page.locator(".row", has_text=number).filter(has_text="Saved")
    row.get_by_role("link", name="Discard").click()
    shoot(page, "new-search-discard-phone")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The draft was discarded.")).to_be_visible()
    expect(page.get_by_role("link", name=f"Go on with the search for {number}")).to_have_count(0)
