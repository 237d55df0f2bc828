"""Measuring a gallery: faces of strangers are searched for, and the best similarity is kept.

The work goes by slices (score_slices.py): one at a bell, which then rings for the next, so that no
search waits for a large gallery, and a killed worker loses one slice.
"""

import uuid
from dataclasses import asdict

import numpy as np
from django.db import transaction
from django.db.models import Count

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from galleries.score_progress import Progress
from galleries.score_registers import registers_of
from galleries.score_shifts import compared
from galleries.services.score_alerts import tell_of_shift
from galleries.services.score_slices import compare_for_a_while
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.models import Contract, FaceImage, Gallery, JobState, ScoreMeasurement, ScoreSource
from searches.saving import save_unique
from searches.scores.distribution import distribution_of
from searches.services import jobs

TASK = "galleries.tasks.measure_scores"
DIGITS = 6  # half precision moves a cosine by more


@transaction.atomic
def request_measurement(
    *,
    actor: Actor,
    gallery: Gallery,
    source_gallery: Gallery | None = None,
    submission_key: uuid.UUID,
) -> ScoreMeasurement:
    """Ask for a measurement, with the gallery's own people or another's. Raises Fault.

    The same submission again gives the measurement that it made the first time.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    if found := ScoreMeasurement.objects.filter(submission_key=submission_key).first():
        return found
    return begin_measurement(actor, gallery, source_gallery, submission_key)


def begin_measurement(
    actor: Actor, gallery: Gallery, source_gallery: Gallery | None, key: uuid.UUID
) -> ScoreMeasurement:
    """Queue a measurement in the open transaction; one at a time of a gallery. Raises Fault."""
    # Holds the gallery still, so that the second of two clicks meets the first.
    held = Gallery.objects.select_for_update().get(pk=gallery.pk)
    if held.contract_id is None:
        raise Fault("gallery_empty")
    if source_gallery is not None and (
        source_gallery.pk == held.pk or source_gallery.contract_id != held.contract_id
    ):
        raise Fault("score_source_unfit")
    under_way = [JobState.QUEUED, JobState.RUNNING]
    if ScoreMeasurement.objects.filter(gallery=held, state__in=under_way).exists():
        raise Fault("score_running")
    row = ScoreMeasurement(
        gallery=held,
        source=ScoreSource.OWN if source_gallery is None else ScoreSource.GALLERY,
        source_gallery=source_gallery,
        submission_key=key,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
    )
    row.take_scope()
    save_unique(row)
    record(actor, Action.SCORES_REQUESTED, row, _facts(row))
    ring(TASK, row.agency_id, str(row.pk))
    return row


def measure_scores(measurement_id: uuid.UUID) -> None:
    """Go on with a measurement for a while."""
    jobs.run(
        ScoreMeasurement, measurement_id, work=_work, failed=_fail, related=["gallery__contract"]
    )


def _work(row: ScoreMeasurement) -> None:
    contract: Contract | None = row.gallery.contract
    if contract is None or row.gallery.erased_at is not None:
        raise Fault("gallery_empty")
    progress, is_whole = compare_for_a_while(row, contract)
    with transaction.atomic():
        jobs.hold(row)
        if not is_whole:
            jobs.pause(row, progress=progress.as_json())
            ring(TASK, row.agency_id, str(row.pk))
            return
        _end(row, contract, progress)


def _end(row: ScoreMeasurement, contract: Contract, progress: Progress) -> None:
    found = progress.tops.overall()
    found = found[np.isfinite(found)]
    if not len(found):  # whoever was to be compared is gone
        raise Fault("score_too_few")
    measured = distribution_of(found.round(DIGITS), progress.searched)
    registers = registers_of(progress.tops, progress.own, DIGITS)
    seen = compared(row, contract, measured, registers)
    jobs.finish(
        row,
        contract=contract,
        version=progress.version,
        images=progress.pictures,
        subjects=progress.people,
        searched=measured.searched,
        similarities=measured.similarities.tolist(),
        tail=asdict(measured.tail) if measured.tail else {},
        sources=_sources(row.gallery_id),
        registers=registers,
        compared_with=seen.before,
        shift=seen.shift.as_json() if seen.shift else {},
        register_shifts={name: one.as_json() for name, one in seen.registers.items()},
        progress={},
    )
    row.refresh_from_db()
    _note(row, contract)


def _note(row: ScoreMeasurement, contract: Contract) -> None:
    facts = {"contract": contract.contract, "version": row.version, "searches": row.n}
    facts |= {"subjects": row.subjects, "is_shift": row.has_shifted}
    record(system_actor("scores", row.agency_id), Action.SCORES_MEASURED, row, _facts(row) | facts)
    if row.has_shifted:
        tell_of_shift(row)


def _sources(gallery_id: uuid.UUID) -> dict[str, int]:
    """How many pictures are of each register: what a later shift may come from."""
    held = FaceImage.objects.filter(gallery_id=gallery_id, erased_at=None)
    rows = held.order_by().values("register__name")
    return {one["register__name"]: one["n"] for one in rows.annotate(n=Count("pk"))}


def _fail(row: ScoreMeasurement, code: str) -> None:
    jobs.fail(row, code, progress={})
    actor = system_actor("scores", row.agency_id)
    record(actor, Action.SCORES_FAILED, row, _facts(row) | {"code": code})


def _facts(row: ScoreMeasurement) -> dict[str, str]:
    other = str(row.source_gallery_id) if row.source_gallery_id else ""
    return {"gallery": str(row.gallery_id), "source_gallery": other}
