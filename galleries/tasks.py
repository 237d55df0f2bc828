"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from uuid import UUID

from celery import shared_task

from galleries.services import hygiene
from portal.tasks import TenantTask


@shared_task(base=TenantTask)
def run_hygiene(agency_id: int, run_id: str) -> None:
    hygiene.run_hygiene(UUID(run_id))
