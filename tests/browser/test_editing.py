"""Improving a probe in a real browser: drawn, previewed, applied, taken back."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from searches.images import decode
from tests.browser.conftest import DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.browser.test_journeys import open_case, upload
from tests.browser.test_pages import examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def uploaded(page: Page, site: Site) -> None:
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    expect(page.get_by_text("One face was found")).to_be_visible()


def opened(page: Page, operation: str) -> None:
    page.locator(f"details[data-edit={operation}] summary").click()


def value(page: Page, name: str) -> float:
    return float(page.locator(f"details[data-edit=crop] [name={name}]").input_value())


def draw(page: Page) -> None:
    """Pull the mouse over the middle of the picture."""
    box = page.locator(".picture-frame").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.05)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.95)
    page.mouse.up()


@pytest.mark.parametrize(
    ("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")], ids=["desktop", "phone"]
)
def test_a_rectangle_is_drawn_applied_and_taken_back(
    open_page: Open, site: Site, size: tuple[int, int], name: str
) -> None:
    page = open_page(size)
    uploaded(page, site)
    opened(page, "crop")
    expect(page.locator(".edit-hint")).to_be_visible()  # the script listens
    # In the middle, where neither the header nor the edge of the screen is in the way.
    page.locator(".picture-frame").evaluate("frame => frame.scrollIntoView({block: 'center'})")
    draw(page)
    wide, high = page.locator(".picture svg").first.evaluate(
        "svg => [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]"
    )
    assert value(page, "left") == pytest.approx(wide * 0.1, abs=3)
    assert value(page, "top") == pytest.approx(high * 0.05, abs=3)
    assert value(page, "width") == pytest.approx(wide * 0.8, abs=3)
    assert value(page, "height") == pytest.approx(high * 0.9, abs=3)
    expect(page.locator(".crop-mark")).to_be_visible()
    shoot(page, f"edit-crop-{name}")
    page.locator("details[data-edit=crop] button").click()
    expect(page.locator(".edit-steps li")).to_contain_text("Cropped")
    expect(page.get_by_text("One face was found")).to_be_visible()
    opened(page, "rotate")
    page.get_by_label("Degrees").fill("0")
    page.locator("details[data-edit=rotate] button").click()
    expect(page.locator("details[open]")).to_contain_text("edit_without_effect")
    shoot(page, f"edit-refused-{name}")
    page.get_by_role("button", name="Back to the original").click()
    expect(page.locator(".edit-steps")).to_have_count(0)
    expect(page.get_by_text("One face was found")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_forms_are_accessible_and_fit(
    open_page: Open, site: Site, scheme: Literal["light", "dark"]
) -> None:
    page = open_page((360, 800), scheme)
    uploaded(page, site)
    opened(page, "rotate")
    page.get_by_label("Degrees").fill("3")
    page.locator("details[data-edit=rotate] button").click()
    expect(page.locator(".edit-steps li")).to_contain_text("Rotated")
    expect(page.get_by_text("One face was found")).to_be_visible()
    for operation in ("crop", "brightness_contrast", "rotate", "deinterlace", "scale"):
        opened(page, operation)
    assert examine(page, "probe") == []
    shoot(page, f"edit-all-{scheme}")


def test_light_is_previewed_as_it_will_be(open_page: Open, site: Site) -> None:
    """The filter that the page shows does the same sum as the edit."""
    page = open_page()
    uploaded(page, site)
    opened(page, "brightness_contrast")
    page.get_by_label("Brightness", exact=True).fill("20")
    page.get_by_label("Contrast", exact=True).fill("50")
    image = page.locator(".picture img")
    expect(image).to_have_attribute("style", 'filter: url("#light");')
    red = page.locator("#light feFuncR")
    expect(red).to_have_attribute("slope", "1.5")
    assert float(red.get_attribute("intercept") or 0) == pytest.approx(0.2 - 0.25)
    previewed = mean_of(page)
    shoot(page, "edit-light")
    page.locator("details[data-edit=brightness_contrast] button").click()
    expect(page.locator(".edit-steps li")).to_contain_text("brightness +20, contrast +50")
    expect(page.get_by_text("One face was found")).to_be_visible()
    assert mean_of(page) == pytest.approx(previewed, abs=4)


def mean_of(page: Page) -> float:
    """The mean level of the picture as the browser paints it."""
    page.evaluate("window.scrollTo(0, 0)")
    shot = page.locator(".picture img").screenshot()
    return float(decode(shot).rgb.mean())


def test_editing_works_without_javascript(open_page: Open, site: Site) -> None:
    page = open_page(javascript=False)
    log_in(page, site.office.email)
    open_case(page)
    upload(page, site.office.picture)
    patiently(page, "One face was found")
    opened(page, "deinterlace")
    expect(page.locator(".edit-hint")).to_be_hidden()
    page.get_by_label("Keep").select_option("even")
    page.locator("details[data-edit=deinterlace] button").click()
    patiently(page, "even lines kept")
    patiently(page, "One face was found")
    page.get_by_role("button", name="Undo the last edit").click()
    patiently(page, "One face was found")
    expect(page.locator(".edit-steps")).to_have_count(0)
    original = page.get_by_role("link", name="Show the original").get_attribute("href")
    shown = decode(page.request.get(str(original)).body()).rgb
    assert shown.shape == decode(site.office.picture.read_bytes()).rgb.shape


def patiently(page: Page, text: str) -> None:
    """Reload until the worker is done; the page does it by itself only now and then."""
    for _ in range(40):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.get_by_text(text)).to_be_visible()
