"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from uuid import UUID

from celery import shared_task

from galleries.services import (
    ends,
    engine_lanes,
    erasing,
    hygiene,
    retention,
    score_measuring,
    score_sweeping,
    shadow_searching,
)
from galleries.services.imports import clearing, lanes
from portal.tasks import TenantTask


@shared_task(base=TenantTask)
def run_engine_change(agency_id: int, change_id: str, lane: str = "") -> None:
    """A slice of one lane; without its number, the bell for all of them."""
    if lane:
        engine_lanes.run_slice(UUID(change_id), int(lane))
    else:
        engine_lanes.ring_lanes(UUID(change_id))


@shared_task(base=TenantTask)
def run_shadow_search(agency_id: int, shadow_id: str) -> None:
    shadow_searching.run_shadow_search(UUID(shadow_id))


@shared_task(base=TenantTask)
def run_erasure(agency_id: int, erasure_id: str) -> None:
    erasing.run_erasure(UUID(erasure_id))


@shared_task
def rewrite_after_ends() -> None:
    ends.rewrite_after_ends()


@shared_task
def run_retention() -> None:
    retention.run_due()


@shared_task(base=TenantTask)
def run_import_lane(agency_id: int, lane_id: str, beat: str = "") -> None:
    lanes.run_lane(UUID(lane_id), int(beat) if beat else None)


@shared_task(base=TenantTask)
def clear_import(agency_id: int, batch_id: str) -> None:
    clearing.clear_import(UUID(batch_id))


@shared_task
def clear_imports() -> None:
    clearing.clear_imports()


@shared_task(base=TenantTask)
def run_hygiene(agency_id: int, run_id: str) -> None:
    hygiene.run_hygiene(UUID(run_id))


@shared_task(base=TenantTask)
def measure_scores(agency_id: int, measurement_id: str) -> None:
    score_measuring.measure_scores(UUID(measurement_id))


@shared_task
def measure_moved_scores() -> None:
    score_sweeping.measure_moved()
