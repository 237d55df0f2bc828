"""What the workers' clock asks of the record."""

from celery import shared_task

from portal.audit import checkpoints


@shared_task
def keep_chains() -> None:
    checkpoints.keep_chains()
