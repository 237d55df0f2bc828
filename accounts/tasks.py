"""What workers do for accounts when the bell rings, and what their clock asks for."""

from celery import shared_task

from accounts.moving.leftovers import sweep_leftovers
from accounts.services import (
    answers,
    digests,
    locking,
    notifications,
    offboarding_job,
    proving,
    reminding,
    resealing,
    strays,
    unused,
    warning,
)
from accounts.services.billing import auto_dunning
from accounts.services.licenses import ending, tampering
from accounts.webhooks import delivering
from portal.tasks import TenantTask

# An export reads every file of an agency once; JOB_SECONDS is meant for one picture.
A_DAY = 24 * 3600


@shared_task(base=TenantTask)
def reseal_files(agency_id: int) -> None:
    resealing.reseal_files(agency_id)


@shared_task
def sweep_resealing() -> None:
    resealing.sweep_resealing()


@shared_task(base=TenantTask, time_limit=A_DAY)
def check_files(agency_id: int) -> None:
    strays.check_files(agency_id)


@shared_task
def check_all_files() -> None:
    strays.ring_for_all()
    sweep_leftovers()


@shared_task
def remind_of_certificates() -> None:
    reminding.remind_all()


@shared_task
def send_digests() -> None:
    digests.send_all()


@shared_task
def forget_notifications() -> None:
    notifications.forget_all()


@shared_task
def report_tampering(agency_id: int) -> None:
    tampering.report_tampering(agency_id)


@shared_task
def forget_answers() -> None:
    answers.forget_all()


@shared_task(base=TenantTask)
def deliver_webhooks(agency_id: int) -> None:
    delivering.deliver_due(agency_id)


@shared_task
def sweep_webhooks() -> None:
    delivering.sweep()


@shared_task
def forget_webhooks() -> None:
    delivering.forget_all()


@shared_task
def verify_licenses() -> None:
    tampering.verify_all()


@shared_task
def tell_of_ending_licenses() -> None:
    ending.tell_all()


@shared_task
def remind_of_invoices() -> None:
    auto_dunning.remind_overdue()


@shared_task
def warn_of_usage() -> None:
    warning.warn_all()


@shared_task
def prove_usage() -> None:
    proving.prove_all()


@shared_task
def tell_of_locks() -> None:
    locking.tell_of_locks()


@shared_task
def disable_unused() -> None:
    unused.disable_unused()


@shared_task(base=TenantTask, time_limit=A_DAY)
def offboard(agency_id: int) -> None:
    offboarding_job.run_offboarding(agency_id)


@shared_task
def sweep_offboardings() -> None:
    offboarding_job.sweep_offboardings()
