"""Pictures that are held instead of enrolled, and whom a reference stands for."""

from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.files import NewFiles
from searches.marked import SUBJECT_REFERENCE, mark_of
from searches.measuring import NewPicture
from searches.models import Enrolment, Gallery, JobState, Subject
from searches.services import jobs
from searches.services.duplicates import Comparison, Held
from searches.services.review_queue import review_queue

# One statement, where get_or_create takes four; two that come at once wait for one another.
_NEW_SUBJECT = """
INSERT INTO searches_subject
    (id, agency_id, gallery_id, reference_mark, reference_sealed, created_at, best_is_pinned)
VALUES (%s, %s, %s, %s, %s, STATEMENT_TIMESTAMP(), false) ON CONFLICT DO NOTHING
"""


class Requested(Protocol):
    """What a picture is enrolled for: a person asked for it, and a worker does it."""

    requested_by_id: int | None
    requested_by_label: str


def known_subject(gallery: Gallery, reference: str) -> Subject | None:
    """Whom a gallery knows by a reference, also by one that was merged into another."""
    row = Subject.every.filter(gallery=gallery, reference=reference, erased_at=None).first()
    if row is None or row.merged_into is None:
        return row
    return Subject.objects.filter(pk=row.merged_into).first()


def new_subject(gallery: Gallery, reference: str) -> Subject:
    """A subject for a reference that the gallery does not know; or whom another one just made."""
    row = Subject(gallery=gallery, reference=reference)
    mark = mark_of(reference, SUBJECT_REFERENCE)
    values = [row.pk, row.agency_id, gallery.pk, mark, row.reference_sealed]
    with connection.cursor() as cursor:
        cursor.execute(_NEW_SUBJECT, values)
        is_new = cursor.rowcount == 1
    if is_new:
        return row
    return Subject.every.get(gallery=gallery, reference=reference, erased_at=None)


def held_file(gallery: Gallery, sha256: str) -> Enrolment | None:
    """The enrolment for which this very file is held in the gallery."""
    rows = Enrolment.objects.filter(gallery=gallery, sha256=sha256, state=JobState.HELD)
    return rows.first()


def hold_picture(
    actor: Actor,
    files: NewFiles,
    picture: NewPicture,
    comparison: Comparison,
    *,
    by: Requested | None,
    **facts: Any,
) -> Held:
    """Lay a picture aside for a person to decide on, in the open transaction.

    `facts` are its gallery, reference, register and dates. Raises Fault("file_is_held") when it is
    held already. The file of an enrolment that was asked for stays; otherwise one is made for it.
    """
    gallery, hit = facts["gallery"], comparison.hit
    if held_file(gallery, picture.sha256) is not None:
        raise Fault("file_is_held")
    if hit is None or comparison.least is None:
        raise ValueError("a picture that resembles nobody is not held")
    portrait = files.put(picture.found.portrait)
    if isinstance(by, Enrolment):
        jobs.park(by, portrait_key=portrait)
        row = by
    else:
        row = Enrolment.objects.create(
            state=JobState.HELD,
            file_key=files.put(picture.data),
            portrait_key=portrait,
            sha256=picture.sha256,
            requested_by_id=by.requested_by_id if by else actor.user_id,
            requested_by_label=by.requested_by_label if by else actor.label,
            claimed_at=timezone.now(),
            **facts,
        )
    review_queue().add_held(row, hit, least=comparison.least, scale=picture.scale)
    told = {"gallery": str(gallery.pk), "sha256": picture.sha256, "other": str(hit.subject_id)}
    record(actor, Action.IMAGE_HELD, row, told)
    return Held(row)
