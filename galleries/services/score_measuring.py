"""Measuring a gallery: faces of strangers are searched for, and the best similarity is kept.

One job reads the templates of the gallery twice, in blocks; whoever is killed begins again.
"""

import uuid
from dataclasses import asdict

from django.db import transaction
from django.db.models import Count

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from galleries.score_draws import Drawn, draw, tops
from galleries.services.score_alerts import tell_of_shift
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.gallery_versions import GalleryVersion, settled_version_of
from searches.models import Contract, FaceImage, Gallery, JobState, ScoreMeasurement, ScoreSource
from searches.saving import save_unique
from searches.score_worth import distribution_in, latest_measurement
from searches.scores.distribution import Distribution, distribution_of
from searches.scores.drawing import most_searches, searches_for
from searches.scores.drift import Shift, shift_between
from searches.services import jobs
from searches.template_rows import template_blocks

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
    jobs.run(
        ScoreMeasurement, measurement_id, work=_work, failed=_fail, related=["gallery__contract"]
    )


def _work(row: ScoreMeasurement) -> None:
    contract: Contract | None = row.gallery.contract
    if contract is None or row.gallery.erased_at is not None:
        raise Fault("gallery_empty")
    version = settled_version_of(row.gallery_id)
    drawn, people = _drawn(row, contract)
    compared = people - (len(drawn.subjects) if row.source == ScoreSource.OWN else 0)
    if not drawn.subjects or compared < 1:
        raise Fault("score_too_few")
    found = tops(drawn, template_blocks(contract_pk=contract.pk, gallery_id=row.gallery_id))
    measured = distribution_of(found.round(DIGITS), compared)
    with transaction.atomic():
        jobs.hold(row)
        before = latest_measurement(row.gallery_id, contract.pk)
        shift = _shift(before, row, measured)
        _finish(row, contract, version, people, measured, shift)
        if shift is not None and shift.is_shift:
            tell_of_shift(row)


def _drawn(row: ScoreMeasurement, contract: Contract) -> tuple[Drawn, int]:
    """Whose faces are searched for, and how many people the gallery has."""
    own = draw(template_blocks(contract_pk=contract.pk, gallery_id=row.gallery_id), row.pk)
    if row.source_gallery_id is None:
        return own.first(searches_for(own.people)), own.people
    blocks = template_blocks(contract_pk=contract.pk, gallery_id=row.source_gallery_id)
    return draw(blocks, row.pk).first(most_searches(own.people)), own.people


def _shift(
    before: ScoreMeasurement | None, row: ScoreMeasurement, measured: Distribution
) -> Shift | None:
    """Against the last measurement with the same people: others may differ without any drift."""
    same = before is not None and (before.source, before.source_gallery_id) == (
        row.source,
        row.source_gallery_id,
    )
    return shift_between(distribution_in(before), measured) if before is not None and same else None


def _finish(
    row: ScoreMeasurement,
    contract: Contract,
    version: GalleryVersion,
    people: int,
    measured: Distribution,
    shift: Shift | None,
) -> None:
    jobs.finish(
        row,
        contract=contract,
        version=version.digest,
        images=version.images,
        subjects=people,
        searched=measured.searched,
        similarities=measured.similarities.tolist(),
        tail=asdict(measured.tail) if measured.tail else {},
        sources=_sources(row.gallery_id),
        shift=shift.as_json() if shift else {},
    )
    facts = {"contract": contract.contract, "version": version.digest, "searches": measured.n}
    facts |= {"subjects": people, "is_shift": bool(shift and shift.is_shift)}
    record(system_actor("scores", row.agency_id), Action.SCORES_MEASURED, row, _facts(row) | facts)


def _sources(gallery_id: uuid.UUID) -> dict[str, int]:
    """How many pictures are of each register: what a later shift may come from."""
    rows = FaceImage.objects.filter(gallery_id=gallery_id).order_by().values("register__name")
    return {one["register__name"]: one["n"] for one in rows.annotate(n=Count("pk"))}


def _fail(row: ScoreMeasurement, code: str) -> None:
    jobs.fail(row, code)
    actor = system_actor("scores", row.agency_id)
    record(actor, Action.SCORES_FAILED, row, _facts(row) | {"code": code})


def _facts(row: ScoreMeasurement) -> dict[str, str]:
    other = str(row.source_gallery_id) if row.source_gallery_id else ""
    return {"gallery": str(row.gallery_id), "source_gallery": other}
