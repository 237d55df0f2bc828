"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from uuid import UUID

from celery import shared_task

from galleries.services import engine_lanes, erasing, shadow_searching
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
