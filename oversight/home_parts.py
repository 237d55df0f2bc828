"""What the first page has of oversight: reviews, alerts, requests, the chain, transparency."""

from datetime import timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.home import COUNTS, FACTS, Count, Facts, Figure, Here, Tone, having
from accounts.models import Role
from accounts.permissions import Permission
from oversight.alert_queries import waiting_alerts
from oversight.models import MisuseAlert, SubjectRequest, TransparencyReport
from oversight.request_queries import IS_OPEN
from oversight.transparency.showing import period_name
from oversight.weeks import unsigned
from portal.audit.models import AuditChain, Checkpoint

# A head that is due is signed within a minute; so much later nothing signs it.
PATIENCE = timedelta(minutes=15)


def alerts(here: Here) -> "QuerySet[MisuseAlert]":
    return waiting_alerts(here.actor)


def open_requests(here: Here) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.filter(IS_OPEN)


def overdue_requests(here: Here) -> "QuerySet[SubjectRequest]":
    return open_requests(here).filter(due_on__lt=here.today)


def to_erase(here: Here) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.filter(erase_by__isnull=False, erased_at=None)


COUNTS += [
    Count(
        Role.SUPERVISOR,
        having(Permission.HANDLE_REQUESTS),
        gettext_lazy("Requests of people"),
        open_requests,
        ("requests",),
        late=overdue_requests,
    ),
    Count(
        Role.SUPERVISOR,
        having(Permission.HANDLE_REQUESTS),
        gettext_lazy("Requests with data to be erased"),
        to_erase,
        ("requests",),
        "show=erase",
    ),
    Count(
        Role.AUDITOR,
        having(Permission.HANDLE_ALERTS),
        gettext_lazy("Alerts of misuse"),
        alerts,
        ("alerts",),
    ),
]


def weeks(here: Here) -> list[Figure]:
    """How many weeks of the record are over and not signed."""
    found = unsigned(here.agency)
    late = sum(1 for week in found if week.overdue_since)
    if not found:
        return [Figure(_("Weeks to review"), "0", reverse("reviews"), is_none=True)]
    # The oldest one is the one to begin with.
    href = reverse("review", args=[found[-1].name])
    tone = Tone.LATE if late else Tone.WAITS
    detail = _("%(n)s overdue") % {"n": late} if late else ""
    return [Figure(_("Weeks to review"), str(len(found)), href, tone, detail)]


def chain(here: Here) -> list[Figure]:
    """The last signed head of the record, and whether the next one is late.

    It says that the chain is kept, and not that it is whole: that is found out with an export.
    """
    label, href = _("Last checkpoint of the record"), reverse("record_export")
    heads = Checkpoint.objects.filter(agency_id=here.agency.pk).order_by("-number")
    last = heads.values("number", "made_at").first()
    due = AuditChain.objects.filter(agency_id=here.agency.pk).values_list(
        "checkpoint_due", flat=True
    )
    due_at = due.first()
    is_late = due_at is not None and due_at + PATIENCE < timezone.now()
    tone = Tone.LATE if is_late else Tone.PLAIN
    if last is None:
        return [Figure(label, _("none yet"), href, tone, is_none=not is_late)]
    made = timezone.localtime(last["made_at"])
    shown = date_format(made, pgettext("Django date format", "j M Y, H:i"))
    detail = _("the next one is late: no worker signs it") if is_late else shown
    return [Figure(label, f"#{last['number']}", href, tone, detail, is_none=not is_late)]


def reports(here: Here) -> list[Figure]:
    """The latest transparency report, and whether the public can read it."""
    label, href = _("Latest transparency report"), reverse("transparency")
    last = TransparencyReport.objects.filter(withdrawn_at=None).first()
    if last is None:
        return [Figure(label, _("none yet"), href, is_none=True)]
    href = reverse("transparency_report", args=[last.pk])
    return [Figure(label, period_name(last.period), href, detail=last.state_label, is_none=True)]


FACTS += [
    Facts(Role.AUDITOR, having(Permission.REVIEW_RECORD), weeks),
    Facts(Role.AUDITOR, having(Permission.VIEW_RECORD), chain),
    Facts(Role.AUDITOR, having(Permission.VIEW_RECORD), reports),
]
