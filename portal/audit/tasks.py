"""What the workers' clock asks of the record."""

from celery import shared_task

from portal.audit import checkpoints, stamping


@shared_task
def keep_chains() -> None:
    checkpoints.keep_chains()


@shared_task
def stamp_checkpoints() -> None:
    stamping.stamp_all()
