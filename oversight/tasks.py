"""What workers do for oversight when the bell rings, and what their clock asks for."""

from celery import shared_task

from oversight.services.requests import reminding


@shared_task
def remind_of_requests() -> None:
    reminding.remind_of_requests()
