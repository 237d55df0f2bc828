"""What the worker's clock asks for in accounts."""

from celery import shared_task

from accounts.services import locking, reminding, unused


@shared_task
def remind_of_certificates() -> None:
    reminding.remind_all()


@shared_task
def tell_of_locks() -> None:
    locking.tell_of_locks()


@shared_task
def disable_unused() -> None:
    unused.disable_unused()
