"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from uuid import UUID

from celery import shared_task

from galleries.services import ends, erasing, retention
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
