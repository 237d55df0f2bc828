"""What workers do for galleries when the bell rings: fetch the row, call the service."""

from celery import shared_task

from galleries.services import retention


@shared_task
def run_retention() -> None:
    retention.run_due()
