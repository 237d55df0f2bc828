"""What the first page has of oversight: reviews, alerts, requests, the chain, transparency."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.home import COUNTS, FACTS, Count, Facts, Figure, Here, Tone, having
from accounts.models import Role
from accounts.permissions import Permission
from oversight.alert_queries import waiting_alerts
from oversight.models import MisuseAlert, RecordReview, SubjectRequest, TransparencyReport
from oversight.request_queries import IS_OPEN
from oversight.transparency.periods import Period
from oversight.transparency.showing import period_name
from oversight.weeks import unsigned
from portal.audit.models import AuditChain, Checkpoint
from portal.days import moment_in_words

# A head that is due is signed within a minute; so much later nothing signs it.
PATIENCE = timedelta(minutes=15)


def alerts(here: Here) -> "QuerySet[MisuseAlert]":
    return waiting_alerts(here.actor)


def open_requests(here: Here) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.filter(IS_OPEN)


def overdue(here: Here, rows: "QuerySet[SubjectRequest]") -> "QuerySet[SubjectRequest]":
    return rows.filter(due_on__lt=here.today)


def to_erase(here: Here) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.filter(erase_by__isnull=False, erased_at=None)


COUNTS += [
    Count(
        Role.SUPERVISOR,
        having(Permission.HANDLE_REQUESTS),
        gettext_lazy("Requests of people"),
        open_requests,
        ("requests",),
        late=overdue,
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


# --- The weekly review ---------------------------------------------------------------------------


def signed_weeks(here: Here) -> Mapping[str, Subquery]:
    return {"signed_weeks": ArraySubquery(RecordReview.objects.order_by().values("week"))}


def weeks(here: Here, answers: Mapping[str, Any]) -> list[Figure]:
    """How many weeks of the record are over and not signed; the oldest is the one to begin with."""
    found, label = unsigned(here.agency, answers["signed_weeks"]), _("Weeks to review")
    if not found:
        return [Figure(label, "0", reverse("reviews"), is_none=True)]
    late = sum(1 for week in found if week.overdue_since)
    tone = Tone.LATE if late else Tone.WAITS
    detail = _("%(n)s overdue") % {"n": late} if late else ""
    href = reverse("review", args=[found[-1].name])
    return [Figure(label, str(len(found)), href, tone, detail)]


# --- The chain -----------------------------------------------------------------------------------


def last_head(here: Here) -> Mapping[str, Subquery]:
    heads = Checkpoint.objects.filter(agency_id=here.agency.pk).order_by("-number")
    chains = AuditChain.objects.filter(agency_id=here.agency.pk)
    return {
        "head_number": Subquery(heads.values("number")[:1]),
        "head_made_at": Subquery(heads.values("made_at")[:1]),
        "head_due": Subquery(chains.values("checkpoint_due")[:1]),
    }


def chain(here: Here, answers: Mapping[str, Any]) -> list[Figure]:
    """The last signed head of the record, and whether the next one is late.

    It says that the chain is kept, and not that it is whole: that is found out with an export.
    """
    label, href = _("Last checkpoint of the record"), reverse("record_export")
    number, due = answers["head_number"], answers["head_due"]
    is_late = due is not None and due + PATIENCE < timezone.now()
    value = _("None yet") if number is None else f"#{number}"
    if is_late:
        return [Figure(label, value, href, Tone.LATE, _("the next one is late: nothing signs it"))]
    detail = "" if number is None else moment_in_words(answers["head_made_at"])
    return [Figure(label, value, href, detail=detail, is_none=True)]


# --- Transparency --------------------------------------------------------------------------------


def last_report(here: Here) -> Mapping[str, Subquery]:
    shown = JSONObject(id="id", first="first_day", last="last_day", published="published_at")
    rows = TransparencyReport.objects.filter(withdrawn_at=None).values(one=shown)
    return {"last_report": Subquery(rows.order_by("-last_day", "-made_at")[:1])}


def reports(here: Here, answers: Mapping[str, Any]) -> list[Figure]:
    """The latest transparency report, and whether the public can read it."""
    label, last = _("Latest transparency report"), answers["last_report"]
    if last is None:
        return [Figure(label, _("None yet"), reverse("transparency"), is_none=True)]
    period = Period(date.fromisoformat(last["first"]), date.fromisoformat(last["last"]))
    detail = _("Published") if last["published"] else _("Not published")
    href = reverse("transparency_report", args=[last["id"]])
    return [Figure(label, period_name(period), href, detail=detail, is_none=True)]


FACTS += [
    Facts(Role.AUDITOR, having(Permission.REVIEW_RECORD), weeks, signed_weeks),
    Facts(Role.AUDITOR, having(Permission.VIEW_RECORD), chain, last_head),
    Facts(Role.AUDITOR, having(Permission.VIEW_RECORD), reports, last_report),
]
