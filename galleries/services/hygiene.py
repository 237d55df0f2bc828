"""Hygiene runs: a worker compares all pictures of a gallery and puts what is odd into the queue.

A run works for a few seconds at a bell and rings again, so that no job is long and a killed
worker loses one block. What it found is committed with how far it is.
"""

import time
import uuid
from dataclasses import asdict

import numpy as np
from django.db import transaction
from django.db.models import F, Q
from numpy.typing import NDArray

from accounts.actor import Actor, system_actor
from accounts.permissions import Permission
from galleries.hygiene import (
    ROWS,
    Means,
    Population,
    Thresholds,
    means_of,
    oddities,
    population_of,
    thresholds_of,
)
from galleries.models import HygieneRun, ReviewKind
from galleries.services.findings import add_findings
from galleries.services.review_queue import apart_pairs
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.engines.base import FaceEngine
from searches.faults import Fault
from searches.models import Contract, Gallery, JobState
from searches.recognition import engine_for
from searches.saving import save_unique
from searches.services import jobs
from searches.services.duplicates import similarity_in_use
from searches.template_rows import template_blocks

TASK = "galleries.tasks.run_hygiene"
SLICE = 20.0  # seconds of work at a bell


@transaction.atomic
def request_hygiene(*, actor: Actor, gallery: Gallery, submission_key: uuid.UUID) -> HygieneRun:
    """Ask for a run over a gallery. Raises Fault while one is under way."""
    actor.require(Permission.MANAGE_GALLERIES)
    if found := HygieneRun.objects.filter(submission_key=submission_key).first():
        return found
    if gallery.contract_id is None:
        raise Fault("gallery_empty")
    # Holds the gallery still, so that the second of two clicks meets the first.
    Gallery.objects.select_for_update().get(pk=gallery.pk)
    under_way = [JobState.QUEUED, JobState.RUNNING]
    if HygieneRun.objects.filter(gallery=gallery, state__in=under_way).exists():
        raise Fault("hygiene_running")
    run = HygieneRun(
        gallery=gallery,
        submission_key=submission_key,
        requested_by_id=actor.user_id,
        requested_by_label=actor.label,
    )
    run.take_scope()
    save_unique(run)
    record(actor, Action.HYGIENE_REQUESTED, run, {"gallery": str(gallery.pk)})
    ring(TASK, run.agency_id, str(run.pk))
    return run


def run_hygiene(run_id: uuid.UUID) -> None:
    """Go on with a run for a while."""
    jobs.run(HygieneRun, run_id, work=_work, failed=_fail, related=["gallery__contract"])


def _work(run: HygieneRun) -> None:
    gallery: Gallery = run.gallery
    if gallery.contract is None:
        raise Fault("gallery_empty")
    population = load(gallery, gallery.contract)
    means = means_of(population)
    if run.total is None:
        _begin(run, population, means)
    thresholds = Thresholds(**run.thresholds)
    apart = _apart(gallery, population)
    start = _place(population, run.position)
    until = time.monotonic() + SLICE
    while start < len(population.images) and time.monotonic() < until:
        found = oddities(population, means, thresholds, apart, start)
        start = min(start + ROWS, len(population.images))
        with transaction.atomic():
            add_findings(run, population, found)
            _advance(run, start, population)
    with transaction.atomic():
        if start < len(population.images):
            jobs.pause(run)
            ring(TASK, run.agency_id, str(run.pk))
        else:
            _finish(run)


def load(gallery: Gallery, contract: Contract) -> Population:
    """The templates of a gallery, read in blocks."""
    blocks = list(template_blocks(contract_pk=contract.pk, gallery_id=gallery.pk))
    if not blocks:
        raise Fault("gallery_empty")
    images = [image for block in blocks for image in block.images]
    subjects = [subject for block in blocks for subject in block.subjects]
    return population_of(images, subjects, np.concatenate([block.vectors for block in blocks]))


def _begin(run: HygieneRun, population: Population, means: Means) -> None:
    """Fix what counts as odd, for the whole run."""
    gallery: Gallery = run.gallery
    ours = _engine_of(gallery)
    published = ours.published_threshold if ours else None
    least = similarity_in_use(gallery, gallery.contract_id, published)
    run.thresholds = asdict(thresholds_of(population, means, least))
    run.scale = ours.scale if ours else ""
    run.total = len(population.images)
    run.counts = dict.fromkeys((kind.value for kind in ReviewKind if kind != ReviewKind.HELD), 0)
    run.save(update_fields=["thresholds", "scale", "total", "counts"])


def _engine_of(gallery: Gallery) -> FaceEngine | None:
    """The engine that the gallery's templates are from, unless the installation has it no more."""
    try:
        return engine_for(gallery.contract.contract) if gallery.contract else None
    except Fault:
        return None


def _apart(gallery: Gallery, population: Population) -> NDArray[np.int64]:
    places = {subject: code for code, subject in enumerate(population.subjects)}
    pairs = [tuple(pair) for pair in apart_pairs(Q(gallery_id=gallery.pk)) if len(pair) == 2]
    known = [(places[a], places[b]) for a, b in pairs if a in places and b in places]
    return np.array(known, dtype=np.int64).reshape(-1, 2)


def _place(population: Population, position: uuid.UUID | None) -> int:
    """The first picture behind the last one that was compared."""
    if position is None:
        return 0
    return sum(image <= position for image in population.images)


def _advance(run: HygieneRun, start: int, population: Population) -> None:
    run.compared = min(start, run.total or start)
    run.position = population.images[start - 1]
    rows = HygieneRun.objects.filter(pk=run.pk, state=JobState.RUNNING, claim=run.claim)
    changed = {"compared": run.compared, "position": run.position, "counts": run.counts}
    if rows.update(**changed) != 1:
        raise jobs.Superseded(str(run.pk))


def _finish(run: HygieneRun) -> None:
    jobs.finish(run, compared=F("total"))
    facts = {
        "gallery": str(run.gallery_id),
        "images": run.total or 0,
        "findings": sum(run.counts.values()),
    }
    record(system_actor("hygiene", run.agency_id), Action.HYGIENE_FINISHED, run, facts)


def _fail(run: HygieneRun, code: str) -> None:
    jobs.fail(run, code)
    actor = system_actor("hygiene", run.agency_id)
    facts = {"gallery": str(run.gallery_id), "code": code}
    record(actor, Action.HYGIENE_FAILED, run, facts)
