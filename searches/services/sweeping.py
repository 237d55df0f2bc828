"""The sweeper: rings again for jobs whose bell was lost or whose worker died."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Agency, QuotaReservation, ReservationState
from accounts.services import quota
from portal.tasks import ring
from portal.tenancy import TenantModel, platform_scope, scope
from searches.models import Enrolment, Heartbeat, Job, JobState, Probe, Search

TASKS: dict[str, tuple[type[TenantModel], str]] = {
    "search": (Search, "searches.tasks.run_search"),
    "probe": (Probe, "searches.tasks.analyse_probe"),
    "enrolment": (Enrolment, "searches.tasks.run_enrolment"),
}
# Each gives (kind, agency, job) of what has been open for longer than an interval.
QUESTIONS = ["searches_overdue_jobs"]
# What reservations are made for, by the first part of their key.
METERED: dict[str, type[Job]] = {"search": Search, "enrolment": Enrolment}
SETTLED_AT_ONCE = 1000

SWEEPER = "sweeper"


def sweep_also(kind: str, model: type[TenantModel], task: str, question: str) -> None:
    """Have the sweeper ring for the jobs of another app; `question` is an SQL function of its.

    The model is a `Job`, or has its `rung_at`.
    """
    TASKS[kind] = (model, task)
    if question not in QUESTIONS:
        QUESTIONS.append(question)


def sweep() -> int:
    """Ring for every job that has been open for a while; returns how many.

    Ringing for a job that is being run does no harm: the claim refuses a second runner.
    """
    Heartbeat.objects.update_or_create(name=SWEEPER, defaults={"at": timezone.now()})
    overdue = _overdue(timedelta(seconds=settings.SWEEP_SECONDS))
    for kind, agency_id, job_id in overdue:
        model, task = TASKS[kind]
        with scope(agency_id):
            model.objects.filter(pk=job_id).update(**{"rung_at": Now()})
            ring(task, agency_id, str(job_id))
    return len(overdue)


def settle_reservations() -> int:
    """End reservations that waited too long for an act that is over; returns how many.

    The transaction that closes a job settles its reservation, so there are none unless a job's row
    was removed or closed by other means. Reservations of jobs that are still open are left alone.
    """
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    return sum(_settle_in(agency_id) for agency_id in agencies)


def _settle_in(agency_id: int) -> int:
    with scope(agency_id):
        late = QuotaReservation.objects.filter(
            state=ReservationState.RESERVED, expires_at__lt=timezone.now()
        )
        return sum(_settle(key) for key in late.values_list("key", flat=True)[:SETTLED_AT_ONCE])


def _settle(key: str) -> bool:
    """Use what gave a result, give back what did not; false when the act is still under way."""
    kind, _, job_id = key.partition(":")
    model = METERED[kind]
    job = model.objects.filter(pk=job_id).only("state").first()
    if job is not None and (job.is_open or job.state == JobState.HELD):
        return False
    if job is not None and job.state == JobState.DONE:
        quota.commit(key=key)
        return True
    return quota.expire(key=key)


def _overdue(age: timedelta) -> list[tuple[str, int, uuid.UUID]]:
    found: list[tuple[str, int, uuid.UUID]] = []
    with platform_scope(), connection.cursor() as cursor:
        for question in QUESTIONS:
            cursor.execute(
                f"SELECT kind, job_agency, job FROM {question}(%s::interval)",  # noqa: S608
                [f"{age.total_seconds()} s"],
            )
            found += [(str(kind), int(agency), job) for kind, agency, job in cursor.fetchall()]
    return found
