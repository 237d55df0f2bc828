"""May this request open this examination: only its examiner, and only while it may be seen."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import Examination, ExaminationItem, ExaminationState, Search
from searches.models.examination import ADJUDICATION
from searches.services.stages import require_unlocked

# Who has examinations of their own: one of these is enough.
EXAMINERS = (Permission.EXAMINE, Permission.ADJUDICATE)


def search_to_examine(actor: Actor, pk: UUID) -> Search:
    """A search whose open round somebody may want to take; whether they may is the service's."""
    if not actor.can(Permission.ADJUDICATE):
        actor.require(Permission.EXAMINE)
    return get_object_or_404(Search.objects.all(), pk=pk)


def examination_for(actor: Actor, pk: UUID) -> Examination:
    """An examination of this very person, with its search and probe.

    Raises Fault when there is nothing to show of it: it was given back, the results are locked, or
    the content of the search was erased.
    """
    rows = Examination.objects.select_related("search__probe")
    examination = rows.filter(pk=pk).first()
    if examination is None:
        if _was_theirs(actor, pk):
            raise Fault("examination_erased")
        raise Http404
    if actor.user_id is None or examination.examiner_id != actor.user_id:
        raise PermissionDenied("examiner")
    adjudicates = examination.round == ADJUDICATION
    actor.require(Permission.ADJUDICATE if adjudicates else Permission.EXAMINE)
    if examination.state == ExaminationState.RETURNED:
        raise Fault("examination_closed")
    require_unlocked(examination.search)
    return examination


def _was_theirs(actor: Actor, pk: UUID) -> bool:
    """Erasing takes the examination away; that this person began it stays in the record."""
    begun = AuditEntry.objects.filter(
        agency_id=actor.agency,
        subject_type=Examination._meta.model_name,
        subject_id=str(pk),
        action=Action.EXAMINATION_STARTED,
    )
    return begun.filter(actor_id=actor.user_id).exclude(actor_id=None).exists()


def examination_to_return(actor: Actor, pk: UUID) -> Examination:
    """An examination that this person may give back: their own, or as a supervisor anybody's.

    Who did one that is over is not told here: a supervisor who examines may have the next.
    """
    examination = get_object_or_404(Examination.objects.select_related("search"), pk=pk)
    if examination.examiner_id != actor.user_id:
        actor.require(Permission.AUTHORIZE)
        if not examination.is_open:
            raise PermissionDenied("examination over")
    return examination


def item_at(examination: Examination, position: int) -> ExaminationItem:
    """The face at a position: the only name that a face of an examination has."""
    rows = ExaminationItem.objects.select_related("image", "shared")
    return get_object_or_404(rows, examination=examination, position=position)
