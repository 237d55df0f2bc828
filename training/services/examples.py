"""The searches of a sandbox that are there before anybody came: one concluded, two that wait."""

from datetime import date

from django.db.models import Count

from accounts.access import files_of
from accounts.actor import Actor
from accounts.models import Agency
from accounts.purposes import Purpose
from searches.models import Basis, CaptureKind, Case, Gallery, Search, Stage
from searches.services.capture import Capture
from searches.services.cases import open_case
from searches.services.grounds import Grounds
from searches.services.probes import analyse_probe, upload_probe
from searches.services.searching import run_search, submit_search
from searches.waiting import wait_for
from training.models import PracticePicture
from training.queries import offered_pictures
from training.services.practice import EXAMPLE, examine_as_known
from training.services.sandbox import submission_key

KEPT_WAITING = 2
"""Searches without an examination that a run of the command leaves for examiners."""
LIMIT = 5
PLACE = "Drawn by Candor; the picture shows no real place"
CAPTURE = Capture(date(2026, 1, 1), CaptureKind.OTHER, PLACE)
SECONDS = 120.0


def add_examples(actor: Actor, agency: Agency, gallery: Gallery) -> None:
    """The concluded example, and new searches until KEPT_WAITING wait for their examiner."""
    pictures = list(offered_pictures())
    example = _search_in(actor, agency, gallery, EXAMPLE, pictures[0])
    if example.stage in (Stage.EXAMINATION, Stage.SECOND_EXAMINATION):
        examine_as_known(agency, example)
    first = _examples() + 1
    for number in range(first, first + KEPT_WAITING - _waiting()):
        picture = pictures[(number - 1) % len(pictures)]
        _search_in(actor, agency, gallery, f"EXAMPLE-{number}", picture)


def _examples() -> int:
    """How many cases have the number of an example; they were opened one after the other."""
    number = 0
    while Case.objects.filter(number=f"EXAMPLE-{number + 1}").exists():
        number += 1
    return number


def _waiting() -> int:
    """Searches whose first examination nobody has taken."""
    rows = Search.objects.filter(stage=Stage.EXAMINATION, requested_by_id=None)
    return rows.annotate(taken=Count("examinations")).filter(taken=0).count()


def _search_in(
    actor: Actor, agency: Agency, gallery: Gallery, number: str, picture: PracticePicture
) -> Search:
    """A case of that number with one search in it; the one that is there, if it is."""
    case = Case.objects.filter(number=number).first() or open_case(
        actor=actor, number=number, title="Missing since Friday", purpose=Purpose.MISSING_PERSON
    )
    probe = upload_probe(
        actor=actor,
        case=case,
        data=files_of(agency.pk).get(picture.file_key),
        capture=CAPTURE,
        submission_key=submission_key(agency, f"{number} probe"),
    )
    analyse_probe(probe.pk)  # a worker may be at it already
    probe.refresh_from_db()
    search = submit_search(
        actor=actor,
        probe=wait_for(probe, seconds=SECONDS),
        face_index=None,
        galleries=[gallery],
        grounds=Grounds(
            purpose=Purpose.MISSING_PERSON,
            basis=Basis.INITIAL_IDENTIFICATION,
            reason="An example to learn from",
            facts="The person in the picture is drawn by code",
        ),
        limit=LIMIT,
        submission_key=submission_key(agency, f"{number} search"),
    )
    run_search(search.pk)
    search.refresh_from_db()
    return wait_for(search, seconds=SECONDS)
