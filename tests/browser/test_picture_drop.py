"""A picture that is dropped or pasted instead of chosen, and how it is shown before it is sent."""

from base64 import b64encode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Site, log_in, shoot
from tests.browser.test_journeys import open_case
from tests.browser.test_pages import examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

HAND_OVER = """(form, [kind, files]) => {
    const data = new DataTransfer();
    for (const [name, base64] of files) {
        const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
        data.items.add(new File([bytes], name, {type: "image/jpeg"}));
    }
    const options = {bubbles: true, cancelable: true};
    form.dispatchEvent(kind === "paste"
        ? new ClipboardEvent("paste", {...options, clipboardData: data})
        : new DragEvent(kind, {...options, dataTransfer: data}));
}"""


def hand_over(page: Page, kind: str, *files: tuple[str, bytes]) -> None:
    named = [(name, b64encode(data).decode()) for name, data in files]
    page.locator("form:has([data-drop])").evaluate(HAND_OVER, [kind, named])


@pytest.mark.parametrize(("kind", "size"), [("drop", DESKTOP), ("paste", PHONE)])
def test_a_picture_is_handed_in_without_choosing_a_file(
    open_page: Open, site: Site, kind: str, size: tuple[int, int]
) -> None:
    page = open_page(size)
    log_in(page, site.office.email)
    open_case(page)
    zone = page.locator("[data-drop]")
    expect(zone).to_be_visible()
    data = site.office.picture.read_bytes()
    hand_over(page, kind, ("one.jpg", data), ("two.jpg", data))
    expect(zone.get_by_role("status")).to_have_text("One picture at a time, please.")
    assert page.get_by_label("Picture", exact=True).evaluate("field => field.files.length") == 0
    hand_over(page, "dragover", ("one.jpg", data))
    expect(zone).to_have_class("drop is-over")
    hand_over(page, kind, ("camera 4, 21.30.jpg", data))
    expect(zone.get_by_role("status")).to_have_text("camera 4, 21.30.jpg")
    expect(zone.locator("img")).to_be_visible()
    assert examine(page, f"picture-{kind}", as_loaded=False) == []
    shoot(page, f"picture-{kind}")
    page.get_by_label("Taken on").fill("2026-01-31")
    page.get_by_label("Taken by").select_option(index=1)
    page.get_by_label("Where").fill("Entrance of the bank")
    page.get_by_role("button", name="Find the faces").click()
    expect(page.get_by_text("One face was found")).to_be_visible()
