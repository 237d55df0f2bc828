"""Erasing what a request was granted to erase, and telling the person once it is proved."""

from uuid import uuid5

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.actor import Actor, system_actor
from galleries.models import Erasure, ErasureCause, ErasureTarget
from galleries.services.erasing import request_erasure
from oversight.faults import Fault
from oversight.models import SubjectRequest
from oversight.services.requests.common import handled, locked
from oversight.services.requests.deciding import tell_erased
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault as SearchesFault
from searches.models import JobState, Subject


def erasures_of(request: SubjectRequest) -> QuerySet[Erasure]:
    """The erasures that were asked for to answer this request."""
    rows = Erasure.objects.filter(request_id=request.pk)
    return rows.defer("document", "needles_sealed", "target_ids")


def left_of(request: SubjectRequest) -> QuerySet[Subject]:
    """The chosen subjects that are still in a gallery, under whatever reference they are now."""
    chosen = Subject.every.filter(pk__in=request.subjects.values("subject_id"))
    merged = chosen.exclude(merged_into=None).values("merged_into")
    return Subject.objects.filter(Q(pk__in=chosen.values("pk")) | Q(pk__in=merged))


@transaction.atomic
def erase_chosen(*, actor: Actor, request: SubjectRequest) -> Erasure:
    """Have the chosen subjects of a granted request erased; needs the right to erase as well.

    The request is marked as erased by itself when the receipt is there. Raises Fault.
    """
    row = handled(actor, request)
    if not row.is_to_be_erased:
        raise Fault("request_erased")
    before = erasures_of(row)
    if before.exclude(state__in=[JobState.DONE, JobState.FAILED]).exists():
        raise Fault("request_erasure_asked")
    subjects = list(left_of(row).values_list("pk", flat=True))
    if not subjects:
        raise Fault("request_nothing_to_erase")
    try:
        erasure = request_erasure(
            actor=actor,
            target=ErasureTarget.SUBJECTS,
            ids=subjects,
            cause=ErasureCause.DEMAND,
            reason=row.inside,
            request_id=row.pk,
            submission_key=uuid5(row.pk, f"erasure {before.count()}"),
        )
    except SearchesFault as fault:
        raise Fault(fault.code) from fault
    record(actor, Action.REQUEST_ERASURE_ASKED, row, {"erasure": str(erasure.pk)})
    return erasure


def note_proved(erasure: Erasure) -> None:
    """An erasure is proved: if nothing is left of what its request chose, the person is told."""
    if erasure.request_id is None:
        return
    request = SubjectRequest.objects.filter(pk=erasure.request_id).first()
    if request is None:
        return
    row = locked(request)
    if row.is_to_be_erased and not left_of(row).exists():
        tell_erased(system_actor("requests", row.agency_id), row)
