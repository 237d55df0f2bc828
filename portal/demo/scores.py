"""What a similarity is worth in the demo: its gallery, measured with drawn people not in it."""

import time
import uuid

from accounts.access import agency_by_slug
from accounts.actor import command_actor
from galleries.services.score_measuring import request_measurement
from portal.demo.cast import SLUG
from portal.demo.tasks import conclude
from portal.tenancy import scope
from searches.models import Case, Gallery, ScoreMeasurement
from searches.score_worth import latest_measurement

GALLERY = "Unrelated synthetic people"
FIRST, PEOPLE = 2001, 320
"""Seeds of people who are not in the demo's gallery; 300 searches are the least that are shown."""
WAIT = 300.0


def measure(gallery: str) -> None:
    """Search for the unrelated people in the gallery of this name; nothing when it was measured."""
    with scope(_agency()):
        measured = Gallery.objects.get(name=gallery)
        if latest_measurement(measured.pk, measured.contract_id) is not None:
            return
        row = request_measurement(
            actor=command_actor("demo", measured.agency_id),
            gallery=measured,
            source_gallery=Gallery.objects.get(name=GALLERY),
            submission_key=uuid.uuid4(),
        )
        _wait(row)


def conclude_first(case: str) -> None:
    """Two examinations of the search in this case; nothing when it is concluded."""
    with scope(_agency()):
        conclude(Case.objects.get(number=case).searches.earliest("created_at"))


def _wait(row: ScoreMeasurement) -> None:
    deadline = time.monotonic() + WAIT
    while row.is_open and time.monotonic() < deadline:
        time.sleep(0.5)
        row.refresh_from_db()
    if row.state != "done":
        raise RuntimeError(f"The measurement is {row.state}: {row.failure_code or 'no worker?'}")


def _agency() -> int:
    agency = agency_by_slug(SLUG)
    if agency is None:
        raise RuntimeError("The demo agency is missing")
    return agency.pk
