"""What the worker's clock asks for in accounts."""

from celery import shared_task

from accounts.services import proving, reminding, warning
from accounts.services.licenses import tampering


@shared_task
def remind_of_certificates() -> None:
    reminding.remind_all()


@shared_task
def report_tampering(agency_id: int) -> None:
    tampering.report_tampering(agency_id)


@shared_task
def verify_licenses() -> None:
    tampering.verify_all()


@shared_task
def warn_of_usage() -> None:
    warning.warn_all()


@shared_task
def prove_usage() -> None:
    proving.prove_all()
