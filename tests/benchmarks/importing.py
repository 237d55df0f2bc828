"""Imports in worker processes without a queue: how fast they are, and what they keep in memory."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from django.db import connection

from accounts.actor import Actor
from galleries.models import ImportBatch, ImportLane
from galleries.services.imports.acts import start_import
from searches.models import FaceImage
from tests.benchmarks import galleries
from tests.benchmarks.import_lanes import Mark, prepare, work
from tests.galleries.imports_cast import checked, operator, packed

PROCESSES = 2


def import_archive(actor: Actor, gallery: str, data: bytes) -> tuple[ImportBatch, list[list[Mark]]]:
    """Import an archive into a new gallery, each lane in a process of its own; their marks."""
    batch = checked(galleries.empty_gallery(actor, gallery), data)
    start_import(actor=operator(batch.gallery), batch=batch)
    lanes = list(ImportLane.objects.filter(batch=batch).values_list("pk", flat=True))[:PROCESSES]
    connection.close()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), prepare) as pool:
        marks = list(pool.map(work, [batch.agency_id] * len(lanes), lanes))
    batch.refresh_from_db()
    if batch.stage != "done":
        raise RuntimeError(f"The import is {batch.stage} {batch.code}")
    return batch, marks


def packed_folder(files: list[Path], folder: Path) -> bytes:
    return packed({str(path.relative_to(folder)): path.read_bytes() for path in files}, method=0)


def rate(batch: ImportBatch, left_out: int) -> float:
    """Pictures a second once all processes are at work."""
    images = FaceImage.objects.filter(gallery=batch.gallery_id).order_by("enrolled_at")
    at = list(images.values_list("enrolled_at", flat=True))
    return (len(at) - left_out) / (at[-1] - at[left_out - 1]).total_seconds()
