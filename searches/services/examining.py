"""The examinations: taken by a person, decided face by face, submitted as a whole."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import current_agency_id
from searches.faults import Fault
from searches.features import is_known, supports
from searches.models import (
    Candidate,
    Disposition,
    Examination,
    ExaminationItem,
    ExaminationState,
    FaceImage,
    Search,
)
from searches.models.examination import ADJUDICATION, FIRST, SECOND
from searches.models.stage import ROUND_OF
from searches.services.concluding import advance
from searches.services.distractors import distractors_for, shuffled
from searches.services.grounds import MAX_WORDS
from searches.services.stages import locked_search, require_unlocked

Face = Candidate | FaceImage


def start_examination(*, actor: Actor, search: Search) -> Examination:
    """Take the round that is open. Taken again by the same person, it is the same examination.

    Raises Fault when no round is open, somebody else has it, or the person may not do it: whoever
    took part in another round or (but for the first) asked for the search.
    """
    try:
        with transaction.atomic():
            return _start(actor, search)
    except IntegrityError as error:
        raise Fault("examination_taken") from error


def _start(actor: Actor, search: Search) -> Examination:
    locked = locked_search(search)
    number = ROUND_OF.get(locked.stage)  # type: ignore[call-overload]
    if number is None:
        raise Fault("round_not_open")
    actor.require(Permission.ADJUDICATE if number == ADJUDICATION else Permission.EXAMINE)
    if actor.user_id is None:
        raise PermissionDenied("An examiner is a person")
    require_unlocked(locked)
    standing = locked.examinations.filter(round=number).exclude(state=ExaminationState.RETURNED)
    if found := standing.first():
        if found.examiner_id != actor.user_id:
            raise Fault("examination_taken")
        return found
    require_independent(actor.user_id, locked, number)
    examination = Examination.objects.create(
        search=locked, round=number, examiner_id=actor.user_id, examiner_label=actor.label
    )
    _lay_out(examination, locked)
    record(actor, Action.EXAMINATION_STARTED, examination, _facts(locked, number))
    return examination


def require_independent(user_id: int, search: Search, number: int) -> None:
    """Raises Fault for a person who took another round or asked for what they would review."""
    if number != FIRST and user_id == search.requested_by_id:
        raise Fault("own_search")
    if search.examinations.filter(examiner_id=user_id).exclude(round=number).exists():
        raise Fault("examiner_not_independent")


def _lay_out(examination: Examination, search: Search) -> None:
    """The faces of a round: the first in the search's order, the others shuffled."""
    faces: list[Face] = list(search.candidates.order_by("rank"))
    if examination.round == SECOND:
        faces = shuffled([*faces, *distractors_for(search)])
    elif examination.round == ADJUDICATION:
        disputed = _disputed(search)
        faces = shuffled([face for face in faces if face.pk in disputed])
    ExaminationItem.objects.bulk_create(
        ExaminationItem(
            examination=examination,
            position=position,
            candidate=face if isinstance(face, Candidate) else None,
            gallery_id=face.gallery_id,
            subject_id=face.subject_id,
            image_id=face.image_id if isinstance(face, Candidate) else face.pk,
            shared_id=face.shared_id if isinstance(face, Candidate) else None,
        )
        for position, face in enumerate(faces, start=1)
    )


def _disputed(search: Search) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT searches_disputed(%s, %s)", [current_agency_id(), search.pk])
        return {row[0] for row in cursor.fetchall()}


def _facts(search: Search, number: int) -> dict[str, object]:
    return {"search": str(search.pk), "case": str(search.case_id), "round": number}


@transaction.atomic
def decide(
    *,
    actor: Actor,
    examination: Examination,
    position: int,
    disposition: str,
    features: Mapping[str, str],
    comment: str,
) -> ExaminationItem:
    """Decide about one face, or decide anew until the examination is submitted. Raises Fault."""
    locked = _own_open(actor, examination)
    item = ExaminationItem.objects.filter(examination=locked, position=position).first()
    if item is None:
        raise Fault("face_not_in_examination")
    checked = {name: value for name, value in features.items() if value}
    if disposition not in Disposition.values or not is_known(checked):
        raise Fault("disposition_unknown")
    if len(comment) > MAX_WORDS:
        raise Fault("text_too_long")
    if not supports(disposition, checked, comment):
        raise Fault("checklist_incomplete")
    item.disposition, item.features, item.comment = disposition, checked, comment.strip()
    item.decided_at = timezone.now()
    item.save()
    # What was decided stays out of the record until the search is concluded: blindness.
    facts = _facts(locked.search, locked.round) | {"position": position}
    record(actor, Action.FACE_DECIDED, locked, facts)
    return item


@transaction.atomic
def submit_examination(*, actor: Actor, examination: Examination) -> Search:
    """End an examination in which every face is decided; the search moves on. Raises Fault."""
    search = locked_search(examination.search)
    locked = _own_open(actor, examination)
    if locked.items.filter(disposition="").exists():
        raise Fault("candidates_undecided")
    now = timezone.now()
    Examination.objects.filter(pk=locked.pk).update(
        state=ExaminationState.SUBMITTED, submitted_at=now
    )
    record(actor, Action.EXAMINATION_SUBMITTED, locked, _facts(search, locked.round))
    advance(actor, search)
    return search


@transaction.atomic
def return_examination(*, actor: Actor, examination: Examination) -> None:
    """Give an open examination back, so that somebody else can take the round.

    By the examiner, or by a supervisor when the examiner is away. What was decided in it counts
    for nothing; who looked at the faces stays on record and takes no other round.
    """
    locked = Examination.objects.select_for_update().get(pk=examination.pk)
    if locked.examiner_id != actor.user_id:
        actor.require(Permission.AUTHORIZE)
    if not locked.is_open:
        raise Fault("examination_closed")
    Examination.objects.filter(pk=locked.pk).update(state=ExaminationState.RETURNED)
    record(actor, Action.EXAMINATION_RETURNED, locked, _facts(locked.search, locked.round))


def _own_open(actor: Actor, examination: Examination) -> Examination:
    """The examination, if it is this person's and open; held still until the transaction ends."""
    rows = Examination.objects.select_for_update(of=("self",)).select_related("search")
    locked = rows.get(pk=examination.pk)
    if actor.user_id is None or locked.examiner_id != actor.user_id:
        raise PermissionDenied("Somebody else's examination")
    actor.require(Permission.ADJUDICATE if locked.round == ADJUDICATION else Permission.EXAMINE)
    if not locked.is_open:
        raise Fault("examination_closed")
    require_unlocked(locked.search)
    return locked
