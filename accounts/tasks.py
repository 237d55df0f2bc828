"""What the worker's clock asks for in accounts."""

from celery import shared_task

from accounts.services import reminding


@shared_task
def remind_of_certificates() -> None:
    reminding.remind_all()
