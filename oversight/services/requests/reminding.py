"""Reminders of days that come near or have passed: each once, remembered by the record itself."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actor import system_actor
from accounts.models import Agency, AgencyState, NotificationKind
from oversight.models import SubjectRequest
from oversight.models.request_words import OPEN_STATES
from oversight.request_mails import tell_handlers
from oversight.services.requests.common import locked
from oversight.services.requests.deadlines import day_at
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope

# What the record calls a reminder, and what its readers are told.
KINDS = {
    "soon": NotificationKind.REQUEST_SOON,
    "overdue": NotificationKind.REQUEST_OVERDUE,
    "erasure": NotificationKind.REQUEST_ERASURE,
}
DAYS_AHEAD = 7
AT_ONCE = 1000


def remind_of_requests() -> int:
    """Remind every agency of what is due; returns of how many."""
    with platform_scope():
        agencies = list(Agency.objects.exclude(state=AgencyState.CLOSED))
    done = 0
    for agency in agencies:
        with scope(agency.pk):
            done += remind_agency(agency)
    return done


def remind_agency(agency: Agency) -> int:
    """Remind the handlers of the agency in whose scope this runs."""
    today = day_at(agency, timezone.now())
    is_open = Q(state__in=OPEN_STATES)
    near = is_open & Q(due_on__gte=today, due_on__lte=today + timedelta(days=DAYS_AHEAD))
    to_erase = Q(erase_by__lt=today, erased_at=None)
    return sum(
        _remind(request, of)
        for of, due in (
            ("soon", near),
            ("overdue", is_open & Q(due_on__lt=today)),
            ("erasure", to_erase),
        )
        for request in SubjectRequest.objects.filter(due)[:AT_ONCE]
    )


@transaction.atomic
def _remind(request: SubjectRequest, of: str) -> int:
    row = locked(request)
    day: date = (row.erase_by or row.due_on) if of == "erasure" else row.due_on
    told = AuditEntry.objects.filter(
        agency_id=row.agency_id,
        subject_type="subjectrequest",
        subject_id=str(row.pk),
        action=Action.REQUEST_REMINDED,
        data__of=of,
        data__due=str(day),
    )
    if told.exists():
        return 0
    actor = system_actor("requests", row.agency_id)
    record(actor, Action.REQUEST_REMINDED, row, {"of": of, "due": str(day)})
    tell_handlers(row, KINDS[of])
    return 1
