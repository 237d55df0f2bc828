"""What workers do for oversight when the bell rings, and what their clock asks for."""

from celery import shared_task

from oversight.publishing import delivering
from oversight.services import review_reminding, watching
from oversight.services.requests import reminding
from portal.tasks import TenantTask


@shared_task(base=TenantTask)
def publish(agency_id: int) -> None:
    delivering.deliver_due(agency_id)


@shared_task
def publish_all() -> None:
    delivering.deliver_all()


@shared_task
def remind_of_reviews() -> None:
    review_reminding.remind_all()


@shared_task(base=TenantTask)
def watch_finished(agency_id: int) -> None:
    watching.watch_finished(agency_id)


@shared_task(base=TenantTask)
def watch_later(agency_id: int) -> None:
    watching.watch_later(agency_id)


@shared_task
def watch_all() -> None:
    watching.watch_all()


@shared_task
def remind_of_requests() -> None:
    reminding.remind_of_requests()
