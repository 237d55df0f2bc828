"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from uuid import UUID

from celery import shared_task

from galleries.services import ends, erasing, retention
from galleries.services.imports import clearing, lanes
from portal.tasks import TenantTask


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
