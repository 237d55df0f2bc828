"""What people do with an import that is there: start, pause, resume, cancel."""

from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from galleries.models import FileState, ImportBatch, ImportFile, ImportLane, ImportStage
from galleries.models.imports import OPEN
from galleries.services.imports.announcing import announce
from galleries.services.imports.bells import CLEAR_TASK, ring_lanes
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.services.metering import terms_for_enrolment


@transaction.atomic
def start_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Have the workers enrol what was checked. Raises Fault; then nothing has changed."""
    actor.require(Permission.ENROL)
    batch = _locked(batch, ImportStage.READY)
    if not batch.report.get("waiting"):
        raise Fault("import_nothing_to_enrol")
    terms_for_enrolment(batch.gallery)
    _move(batch, ImportStage.RUNNING, started_at=Now())
    facts = {"gallery": str(batch.gallery_id), "register": str(batch.register_id)}
    record(actor, Action.IMPORT_STARTED, batch, {**facts, "files": batch.report["waiting"]})
    ring_lanes(batch)
    return batch


@transaction.atomic
def pause_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Let the workers finish the files they have, and take no more."""
    actor.require(Permission.ENROL)
    batch = _locked(batch, ImportStage.RUNNING)
    _move(batch, ImportStage.PAUSED, code="")
    record(actor, Action.IMPORT_PAUSED, batch, {"gallery": str(batch.gallery_id), "code": ""})
    return batch


@transaction.atomic
def resume_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Go on where it was paused. Raises Fault while the license does not allow it."""
    actor.require(Permission.ENROL)
    batch = _locked(batch, ImportStage.PAUSED)
    terms_for_enrolment(batch.gallery)
    _move(batch, ImportStage.RUNNING, code="")
    record(actor, Action.IMPORT_RESUMED, batch, {"gallery": str(batch.gallery_id)})
    ring_lanes(batch)
    return batch


@transaction.atomic
def cancel_import(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """End it for good. What is enrolled stays; the other files are forgotten."""
    actor.require(Permission.ENROL)
    return _cancel(actor, batch)


def _cancel(actor: Actor, batch: ImportBatch) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if batch.has_ended:
        raise Fault("import_stage")
    _move(batch, ImportStage.CANCELLED, finished_at=Now())
    open_files = ImportFile.objects.filter(batch=batch, state__in=OPEN)
    open_files.update(state=FileState.CANCELLED, lane=None, member=None)
    record(actor, Action.IMPORT_CANCELLED, batch, _facts(batch))
    ring(CLEAR_TASK, batch.agency_id, str(batch.pk))
    return batch


@transaction.atomic
def abandon(batch: ImportBatch) -> None:
    """Cancel an import that nobody has gone on with."""
    _cancel(system_actor("imports", batch.agency_id), batch)


@transaction.atomic
def pause_with(batch: ImportBatch, code: str) -> None:
    """Pause a running import because of something that a person has to see to.

    One that is only being checked stays: it goes on when the sweeper rings again.
    """
    running = ImportBatch.objects.filter(pk=batch.pk, stage=ImportStage.RUNNING)
    if running.update(stage=ImportStage.PAUSED, code=code, touched_at=Now()) == 1:
        actor = system_actor("import", batch.agency_id)
        facts = {"gallery": str(batch.gallery_id), "code": code}
        record(actor, Action.IMPORT_PAUSED, batch, facts)
        announce(batch, ImportStage.PAUSED)


@transaction.atomic
def finish_if_done(batch: ImportBatch) -> None:
    """End a running import when no file of it is open; whoever closes the last one does it."""
    if ImportFile.objects.filter(batch=batch, state__in=OPEN).exists():
        return
    running = ImportBatch.objects.filter(pk=batch.pk, stage=ImportStage.RUNNING)
    if running.update(stage=ImportStage.DONE, finished_at=Now(), touched_at=Now()) == 1:
        actor = system_actor("import", batch.agency_id)
        record(actor, Action.IMPORT_FINISHED, batch, _facts(batch))
        announce(batch, ImportStage.DONE)


def outcomes(batch: ImportBatch) -> dict[str, int]:
    """What became of its files since it was started, added up over the lanes."""
    names = ("enrolled", "already", "held", "rejected")
    found = ImportLane.objects.filter(batch=batch).aggregate(**{n: Sum(n) for n in names})
    return {name: found[name] or 0 for name in names}


def _facts(batch: ImportBatch) -> dict[str, Any]:
    return {"gallery": str(batch.gallery_id), **outcomes(batch)}


def _locked(batch: ImportBatch, stage: ImportStage) -> ImportBatch:
    """The row as it is now, held until the commit. Raises Fault when it is in another stage."""
    found = ImportBatch.objects.select_for_update(no_key=True, of=("self",))
    batch = found.select_related("gallery", "register").get(pk=batch.pk)
    if batch.stage != stage:
        raise Fault("import_stage")
    return batch


def _move(batch: ImportBatch, stage: ImportStage, **fields: object) -> None:
    batch.stage = stage
    ImportBatch.objects.filter(pk=batch.pk).update(stage=stage, touched_at=Now(), **fields)
    announce(batch, stage)
