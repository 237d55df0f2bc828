"""What workers do for oversight when the bell rings, and what their clock asks for."""

from celery import shared_task

from oversight.services import review_reminding


@shared_task
def remind_of_reviews() -> None:
    review_reminding.remind_all()
