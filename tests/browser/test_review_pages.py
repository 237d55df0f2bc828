"""The review queue, the hygiene report and the quality settings, in both themes and sizes."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH_LOOKS, PHONE, Open, Site, log_in, shoot
from tests.browser.test_pages import EVERYTHING, examine

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# A person under two references, one picture held, and a run that was made.
SEED = """
import uuid
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.purposes import SourceKind
from galleries.services.hygiene import request_hygiene, run_hygiene
from portal.tenancy import scope
from searches.models import Gallery
from searches.services.enrolment import run_enrolment
from tests.factories import make_enrolment, make_gallery, person_jpeg
from tests.galleries.cast_reviews import make_measurement
agency = agency_by_slug("alder")
with scope(agency.pk):
    if not Gallery.objects.filter(name="Reviewed").exists():
        gallery = make_gallery(agency, "Reviewed", SourceKind.OTHER_LAWFUL_REGISTER)
        Gallery.objects.filter(pk=gallery.pk).update(duplicate_check="off")
        gallery.refresh_from_db()
        for name, person, picture in (("R-1", 1, 0), ("R-1", 1, 2), ("R-2", 1, 1), ("R-3", 3, 0)):
            run_enrolment(make_enrolment(gallery, name, person_jpeg(person, picture)).pk)
        Gallery.objects.filter(pk=gallery.pk).update(
            duplicate_check="own", duplicate_similarity=0.975)
        gallery.refresh_from_db()
        for picture in (1, 2):
            job = make_enrolment(gallery, f"H-{picture}", person_jpeg(3, picture))
            run_enrolment(job.pk)
        run = request_hygiene(actor=command_actor("test", agency.pk), gallery=gallery,
                              submission_key=uuid.uuid4())
        run_hygiene(run.pk)
        for middle in (0.40, 0.47):
            spread = [middle + 0.05 * ((n * 37) % 400 - 200) / 100 for n in range(400)]
            make_measurement(gallery, spread, people=2000)
    print(Gallery.objects.get(name="Reviewed").pk)
"""


def seeded(site: Site) -> str:
    """The id of the gallery."""
    return str(site.office.place.manage("shell", "-c", SEED)).strip().split()[-1]


@BOTH_LOOKS
def test_the_pages_of_reviews_are_accessible_and_fit(
    open_page: Open, site: Site, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    gallery = seeded(site)
    page = open_page(size, scheme)
    log_in(page, EVERYTHING)
    problems, kind = [], f"{scheme}-{'phone' if size == PHONE else 'desktop'}"
    addresses = {
        "queue": f"/galleries/reviews/?gallery={gallery}",
        "nothing": f"/galleries/reviews/?gallery={gallery}&kind=everyone",
        "decided": "/galleries/reviews/?state=decided",
        "hygiene": f"/galleries/{gallery}/hygiene/",
        "quality": f"/galleries/{gallery}/quality/",
        "scores": f"/galleries/{gallery}/scores/",
        "gallery": f"/galleries/{gallery}/",
    }
    for name, address in addresses.items():
        page.goto(address)
        problems += examine(page, name)
        shoot(page, f"reviews/{kind}-{name}")
    page.locator(".subject").first.click()
    problems += examine(page, "subject")
    shoot(page, f"reviews/{kind}-subject")
    for name in ("held", "duplicate"):
        page.goto(f"/galleries/reviews/?gallery={gallery}&kind={name}")
        page.locator(".rows a").first.click()
        problems += examine(page, name)
        shoot(page, f"reviews/{kind}-{name}")
    assert problems == []


def test_a_review_is_decided_by_keyboard(open_page: Open, site: Site) -> None:
    """Without a mouse: choose, decide, and the next one is there."""
    gallery = seeded(site)
    page = open_page(javascript=False)
    log_in(page, EVERYTHING)
    page.goto(f"/galleries/reviews/?gallery={gallery}&kind=held")
    page.locator(".rows a").first.focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("radio").first
    first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Add it to the other subject")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Held at enrolment")).to_be_visible()
    page.goto("/galleries/reviews/?state=decided")
    expect(page.get_by_text("Add it to the other subject").first).to_be_visible()


def test_findings_are_kept_after_asking(open_page: Open, site: Site) -> None:
    gallery = seeded(site)
    page = open_page()
    log_in(page, EVERYTHING)
    page.goto(f"/galleries/reviews/?gallery={gallery}&kind=duplicate")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Keep the ticked ones").click()
    shoot(page, "reviews/keep")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_text("kept as they are")).to_be_visible()
