"""What the end of an agency must know of searches: templates as they are exported, open work."""

from accounts.offboarding.registry import export_as, hold_while
from searches.models import Enrolment, Job, JobState, Probe, Search
from searches.vectors import EXPORTED, TABLE

JOBS: tuple[type[Job], ...] = (Enrolment, Probe, Search)


def has_open_work(agency_id: int) -> bool:
    """Whether a job could still change rows or files; a closed agency's end by themselves."""
    open_states = [JobState.QUEUED, JobState.RUNNING]
    return any(
        job.objects.filter(agency_id=agency_id, state__in=open_states).exists() for job in JOBS
    )


export_as(TABLE, EXPORTED)
# Whose address a loan names is told by the person who opens it, and not by an export.
export_as(
    "searches_examinerloan",
    "CASE WHEN t.opened_at IS NULL AND t.declined_at IS NULL THEN"
    " to_jsonb(t) - 'borrowed_id' - 'lending_agency_id' ELSE to_jsonb(t) END",
)
hold_while("work_open", has_open_work)
