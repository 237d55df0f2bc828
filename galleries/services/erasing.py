"""Erasing pictures, subjects, galleries and probes: asked for by a person, proved by a worker."""

import uuid
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.models import EventType
from accounts.permissions import Permission
from accounts.webhooks.events import emit
from galleries.erasing.emptying import empty_everything
from galleries.erasing.needles import read_needles
from galleries.erasing.probes import empty_probes
from galleries.erasing.proving import NotErased, erased_images, prove
from galleries.erasing.rewriting import next_xid, rewrite, tables_of
from galleries.erasing.scanning import scan_tables, within_reach
from galleries.erasing.unholding import wait_until_unheld
from galleries.models import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from galleries.services.holds import require_no_hold
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.erasure_journal import journal
from portal.tasks import ring
from searches.faults import Fault
from searches.models import FaceImage, Gallery, JobState, Probe, Subject
from searches.saving import refusals_as_faults
from searches.services import jobs

TASK = "galleries.tasks.run_erasure"
MIN_REASON, MAX_REASON = 10, 4000
LIVE = {
    ErasureTarget.IMAGES: FaceImage.objects,
    ErasureTarget.SUBJECTS: Subject.objects,
    ErasureTarget.GALLERY: Gallery.objects,
    ErasureTarget.PROBE: Probe.objects,
}


@transaction.atomic
def request_erasure(
    *,
    actor: Actor,
    target: ErasureTarget,
    ids: Sequence[UUID],
    cause: ErasureCause,
    reason: str,
    request_id: UUID | None = None,
    submission_key: UUID,
) -> Erasure:
    """Ask for an erasure; a worker does and proves it. Raises Fault; then there is none.

    It cannot be taken back. The same submission again gives the erasure it made the first time.
    `reason` is of 10 to 4000 characters; `request_id` names the request that it answers.
    """
    actor.require(Permission.ERASE)
    if found := Erasure.objects.filter(submission_key=submission_key).first():
        return found
    if not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        raise Fault("erasure_reason_length")
    wanted = sorted(set(ids))
    if not wanted or LIVE[target].filter(pk__in=wanted).count() != len(wanted):
        raise Fault("erasure_nothing_there")
    require_no_hold(target, wanted)
    erasure = Erasure(
        submission_key=submission_key,
        target=target,
        target_ids=wanted,
        gallery_id=_gallery_of(target, wanted),
        cause=cause,
        request_id=request_id,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
    )
    erasure.reason = reason.strip()
    erasure.save(force_insert=True)
    facts = {"target": target, "cause": cause, "count": len(wanted)}
    record(actor, Action.ERASURE_ASKED, erasure, facts, content={"reason": erasure.reason})
    ring(TASK, erasure.agency_id, str(erasure.pk))
    return erasure


def _gallery_of(target: ErasureTarget, ids: Sequence[UUID]) -> UUID | None:
    """The gallery that all of it lies in; None for several, and for probes."""
    if target == ErasureTarget.GALLERY:
        return ids[0] if len(ids) == 1 else None
    if target == ErasureTarget.PROBE:
        return None
    model = FaceImage if target == ErasureTarget.IMAGES else Subject
    found = set(model.objects.filter(pk__in=ids).values_list("gallery_id", flat=True)[:2])
    return found.pop() if len(found) == 1 else None


@transaction.atomic
def try_again(*, actor: Actor, erasure: Erasure) -> None:
    """Have an erasure that failed done again from where it stopped. Raises Fault."""
    actor.require(Permission.ERASE)
    if erasure.state != JobState.FAILED:
        raise Fault("erasure_not_failed")
    jobs.reopen(erasure)
    record(actor, Action.ERASURE_RETRIED, erasure)
    ring(TASK, erasure.agency_id, str(erasure.pk))


def run_erasure(erasure_id: uuid.UUID) -> None:
    """Do an erasure from wherever it stands, and prove it. Never in a transaction."""
    jobs.run(Erasure, erasure_id, work=_erase, failed=_fail)


def erase_now(erasure: Erasure) -> None:
    """Do an erasure here and at once, whatever the state of its agency: after a restore.

    Raises Fault, NotErased or StillSeen; a worker, or the next try, goes on with it.
    """
    with jobs.claimed(Erasure, erasure.pk) as job:
        if job is not None:
            _erase(job)


def _erase(erasure: Erasure) -> None:
    actor = system_actor("erasure", erasure.agency_id)
    if erasure.phase == ErasurePhase.ASKED:
        # One that was placed since it was asked for; the database refuses it as well.
        require_no_hold(ErasureTarget(erasure.target), erasure.target_ids)
        with refusals_as_faults():  # what a trigger keeps, as under a hold that came meanwhile
            _empty(actor, erasure)
        _note(erasure)
        _enter(erasure, ErasurePhase.EMPTIED, emptied_at=timezone.now(), emptied_xid=next_xid())
    if erasure.phase == ErasurePhase.EMPTIED:
        _rewrite(erasure)
    _clear_memory(erasure)
    prove(actor, erasure)


def _empty(actor: Actor, erasure: Erasure) -> None:
    if erasure.target == ErasureTarget.PROBE:
        empty_probes(actor, erasure)
    else:
        empty_everything(actor, erasure)


def _note(erasure: Erasure) -> None:
    """Into the journal, before anything says that it is done: a try that fails here comes again.

    With the pictures that went: in an older backup they may lie under another subject.
    """
    erased = {str(ErasureTarget.IMAGES): erased_images(erasure)}
    erased[str(erasure.target)] = erasure.target_ids
    journal().append(str(erasure.pk), erased)


def _rewrite(erasure: Erasure) -> None:
    """Until the files of the tables hold none of it. Raises NotErased, StillSeen."""
    done = rewrite(tables_of(erasure), erasure.emptied_xid or 0)
    needles = within_reach(done.tables, read_needles(erasure))
    scan = scan_tables(done.tables, needles)
    if scan is not None and scan.found:
        # The next try writes them anew, whatever covered this one.
        _enter(erasure, ErasurePhase.EMPTIED, emptied_xid=next_xid())
        raise NotErased(f"{scan.found} files hold an erased vector")
    erasure.counts["rewritten"] = {"tables": done.tables, "seconds": done.seconds}
    erasure.counts["scan"] = scan.as_json() if scan else None
    _enter(erasure, ErasurePhase.REWRITTEN, counts=erasure.counts)


def _clear_memory(erasure: Erasure) -> None:
    """Until no host holds any of it to scan it. Raises NotErased, StillSeen."""
    done = wait_until_unheld(erasure, read_needles(erasure))
    if done is not None and done.scan is not None and done.scan.found:
        raise NotErased(f"{done.scan.found} files in memory hold an erased vector")
    erasure.counts["memory"] = done.as_json() if done else None
    _enter(erasure, ErasurePhase.REWRITTEN, counts=erasure.counts)


def _enter(erasure: Erasure, phase: ErasurePhase, **fields: object) -> None:
    rows = Erasure.objects.filter(pk=erasure.pk, claim=erasure.claim, state=JobState.RUNNING)
    if rows.update(phase=phase, **fields) != 1:
        raise jobs.Superseded(str(erasure.pk))
    erasure.refresh_from_db()


def _fail(erasure: Erasure, code: str) -> None:
    jobs.fail(erasure, code)
    actor = system_actor("erasure", erasure.agency_id)
    record(actor, Action.ERASURE_FAILED, erasure, {"code": code, "phase": erasure.phase})
    emit(EventType.ERASURE_FINISHED, {"erasure": erasure.pk, "state": JobState.FAILED})
