"""Trying failed jobs again for all agencies at once, after what was broken is mended.

Only codes of the installation's own faults can be tried again, and only kinds whose rules let a
failed job be taken up where it stopped: a search that failed has given its quota back, and is the
agency's to submit again.
"""

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction

from accounts.actor import Actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.models import Agency
from accounts.models.staff import MIN_REASON
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope

# Not the picture's fault, nor the agency's.
OURS = ("engine_failed", "file_unreadable", "gave_up")
Retry = Callable[[str], int]
RETRIES: dict[str, Retry] = {}
"""kind -> queues the agency's failed jobs with this code again; returns how many."""


def retry_by(kind: str, retry: Retry) -> None:
    """How failed jobs of this kind are tried again; called in the scope of each agency."""
    RETRIES[kind] = retry


def is_retryable(kind: str, code: str) -> bool:
    return kind in RETRIES and code in OURS


@transaction.atomic
def retry_failed(*, actor: Actor, kind: str, code: str, reason: str) -> int:
    """Queue the failed jobs of one kind and code again; returns how many. Raises Fault.

    Each agency finds its own in its record; that of the platform has the sum and no agency.
    """
    actor.require_platform()
    if not is_retryable(kind, code):
        raise Fault("jobs_not_retryable")
    if len(reason.strip()) < MIN_REASON:
        raise Fault("reason_too_short")
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING).order_by("pk"))
    jobs = 0
    for agency in agencies:
        with scope(agency.pk):
            jobs += _retry_in(agency, replace(actor, agency_id=agency.pk), kind, code, reason)
    facts = {"kind": kind, "code": code, "jobs": jobs}
    mine, written = replace(actor, agency_id=None), {"reason": reason.strip()}
    record(mine, Action.JOBS_RETRIED, None, facts, content=written)
    return jobs


def _retry_in(agency: Agency, actor: Actor, kind: str, code: str, reason: str) -> int:
    found = RETRIES[kind](code)
    if found:
        facts = {"kind": kind, "code": code, "jobs": found}
        record(actor, Action.JOBS_RETRIED, agency, facts, content={"reason": reason.strip()})
    return found
