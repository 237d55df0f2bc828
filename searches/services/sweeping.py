"""The sweeper: rings again for jobs whose bell was lost or whose worker died."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from portal.tasks import ring
from portal.tenancy import platform_scope, scope
from searches.models import Enrolment, Heartbeat, Job, Probe, Search

TASKS: dict[str, tuple[type[Job], str]] = {
    "search": (Search, "searches.tasks.run_search"),
    "probe": (Probe, "searches.tasks.analyse_probe"),
    "enrolment": (Enrolment, "searches.tasks.run_enrolment"),
}


SWEEPER = "sweeper"


def sweep() -> int:
    """Ring for every job that has been open for a while; returns how many.

    Ringing for a job that is being run does no harm: the claim refuses a second runner.
    """
    Heartbeat.objects.update_or_create(name=SWEEPER, defaults={"at": timezone.now()})
    overdue = _overdue(timedelta(seconds=settings.SWEEP_SECONDS))
    for kind, agency_id, job_id in overdue:
        model, task = TASKS[kind]
        with scope(agency_id):
            model.objects.filter(pk=job_id).update(rung_at=Now())
            ring(task, agency_id, str(job_id))
    return len(overdue)


def _overdue(age: timedelta) -> list[tuple[str, int, uuid.UUID]]:
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, job_agency, job FROM searches_overdue_jobs(%s::interval)",
            [f"{age.total_seconds()} s"],
        )
        return [(str(kind), int(agency), job) for kind, agency, job in cursor.fetchall()]
