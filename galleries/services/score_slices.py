"""A slice of a measurement: some seconds of comparing, from where the last one ended."""

import time
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import numpy as np

from galleries.score_draws import Matrix, Tops, unit
from galleries.score_progress import Progress
from searches.faults import Fault
from searches.gallery_versions import settled_version_of
from searches.models import Contract, FaceImage, ScoreMeasurement
from searches.scores.drawing import MOST_SEARCHES, most_searches, searches_for
from searches.template_rows import draw_people, template_blocks, templates_of_images

SLICE = 10.0  # seconds of work at a bell
ROWS = 4096


def compare_for_a_while(row: ScoreMeasurement, contract: Contract) -> tuple[Progress, bool]:
    """How far the measurement is now, and whether that is the whole gallery. Raises Fault."""
    until = time.monotonic() + SLICE
    progress = _going_on(row, contract) or _begun(row, contract)
    probes = _probes(row, contract, progress)
    if not progress.images or progress.searched < 1:
        raise Fault("score_too_few")
    blocks = template_blocks(
        contract_pk=contract.pk, gallery_id=row.gallery_id, rows=ROWS, after=progress.position
    )
    for block in blocks:
        progress.compare(probes, block, _registers)
        if time.monotonic() >= until:
            return progress, False
    return progress, True


def _going_on(row: ScoreMeasurement, contract: Contract) -> Progress | None:
    """None at the beginning, and where the gallery has changed its engine meanwhile."""
    if not row.progress or row.progress["contract"] != contract.pk:
        return None
    return Progress.from_json(row.progress)


def _begun(row: ScoreMeasurement, contract: Contract) -> Progress:
    """Draw by lot whose faces are searched for."""
    version = settled_version_of(row.gallery_id)
    draw = partial(draw_people, contract_pk=contract.pk, seed=row.pk)
    own = draw(gallery_id=row.gallery_id, most=MOST_SEARCHES)
    drawn, registers, left_out = own.first(searches_for(own.people)), None, set[UUID]()
    if row.source_gallery_id is None:
        names = _registers(drawn.images)
        registers, left_out = [names.get(one, "") for one in drawn.images], set(drawn.subjects)
    else:
        most = most_searches(own.people)
        drawn = draw(gallery_id=row.source_gallery_id, most=most)
    return Progress(
        contract=contract.pk,
        version=version.digest,
        pictures=version.images,
        people=own.people,
        images=drawn.images,
        own=registers,
        left_out=left_out,
        tops=Tops.of(len(drawn.images)),
    )


def _probes(row: ScoreMeasurement, contract: Contract, progress: Progress) -> Matrix:
    """The drawn faces [n, d]; whoever was erased meanwhile is forgotten."""
    gallery = row.source_gallery_id or row.gallery_id
    found = templates_of_images(progress.images, contract_pk=contract.pk, gallery_id=gallery)
    progress.keep(set(found))
    vectors = [found[image] for image in progress.images]
    return unit(np.stack(vectors)) if vectors else np.empty((0, 0), dtype=np.float32)


def _registers(images: Sequence[UUID]) -> dict[UUID, str]:
    """The name of each picture's source register."""
    rows = FaceImage.objects.filter(pk__in=images).order_by()
    return dict(rows.values_list("pk", "register__name"))
