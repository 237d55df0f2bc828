"""Work that the demo leaves in everybody's queue: searches at different stages."""

import uuid
from datetime import date
from pathlib import Path

from accounts.access import actor_of, agency_by_slug
from accounts.actor import Actor
from accounts.models import Agency, Membership, User
from accounts.purposes import Purpose
from portal.demo.cast import SLUG
from portal.tenancy import scope
from searches.models import Basis, CaptureKind, Case, Gallery, Search, Stage
from searches.services.capture import Capture
from searches.services.cases import open_case
from searches.services.examining import decide, start_examination, submit_examination
from searches.services.grounds import Grounds
from searches.services.probes import upload_probe
from searches.services.searching import submit_search
from searches.waiting import wait_for

CASE = "DEMO-0002"
WAIT = 120.0
WARRANT = b"%PDF-1.4\n% A warrant of the demo: it permits nothing.\n%%EOF\n"


def leave_work(picture: Path, gallery: str) -> None:
    """A case of the analyst with a search for a supervisor, and two for the examiners.

    Nothing when the case is there already.
    """
    agency = agency_by_slug(SLUG)
    if agency is None:
        raise RuntimeError("The demo agency is missing")
    with scope(agency.pk):
        if Case.objects.filter(number=CASE).exists():
            return
        searched = Gallery.objects.get(name=gallery)
        case = open_case(
            actor=_actor(agency, "analyst"),
            number=CASE,
            title="Missing since Friday",
            purpose=Purpose.MISSING_PERSON,
        )
        _ask(agency, case, picture, searched, Basis.AUTHORIZED)
        wait_for(_ask(agency, case, picture, searched, Basis.URGENT), seconds=WAIT)
        first = _ask(agency, case, picture, searched, Basis.INITIAL_IDENTIFICATION)
        _examine(_actor(agency, "examiner"), wait_for(first, seconds=WAIT))


def _actor(agency: Agency, name: str) -> Actor:
    user = User.objects.get(email=f"{name}@demo.example")
    return actor_of(user, agency, Membership.objects.get(user=user), "command: demo")


def _ask(agency: Agency, case: Case, picture: Path, gallery: Gallery, basis: Basis) -> Search:
    """A search of the analyst with a picture of its own."""
    analyst = _actor(agency, "analyst")
    place = "Drawn by Candor; the picture shows no real place"
    probe = upload_probe(
        actor=analyst,
        case=case,
        data=picture.read_bytes(),
        capture=Capture(date(2026, 1, 1), CaptureKind.OTHER, place),
        submission_key=uuid.uuid4(),
    )
    warranted = basis == Basis.AUTHORIZED
    grounds = Grounds(
        purpose=Purpose.MISSING_PERSON,
        basis=basis,
        reason="The demo shows what waits for whom",
        facts="" if warranted else "The person in the picture is drawn by code",
        reference="Demo court, 1/2026" if warranted else "",
        document=WARRANT if warranted else b"",
    )
    return submit_search(
        actor=analyst,
        probe=wait_for(probe, seconds=WAIT),
        face_index=None,
        galleries=[gallery],
        grounds=grounds,
        limit=5,
        submission_key=uuid.uuid4(),
    )


def conclude(search: Search) -> None:
    """Both examinations of a search of the demo; nothing when it has been examined."""
    if search.stage != Stage.EXAMINATION:
        return
    agency = Agency.objects.get(pk=search.agency_id)
    best = search.candidates.get(rank=1)
    for name in ("examiner", "examiner2"):
        _examine(_actor(agency, name), search, best.pk)
        search.refresh_from_db()


def _examine(examiner: Actor, search: Search, kept: int | None = None) -> None:
    """A whole examination: one candidate is retained (the first that is shown), others are not."""
    examination = start_examination(actor=examiner, search=search)
    for item in examination.items.order_by("position"):
        keep = item.position == 1 if kept is None else item.candidate_id == kept
        names = ("eyes", "nose", "mouth") if keep else ("nose",)
        decide(
            actor=examiner,
            examination=examination,
            position=item.position,
            disposition="retained" if keep else "excluded",
            features=dict.fromkeys(names, "similar" if keep else "dissimilar"),
            comment="",
        )
    submit_examination(actor=examiner, examination=examination)
