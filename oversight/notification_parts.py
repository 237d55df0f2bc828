"""What notifications about alerts, requests of people and reviews of the record mean."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.home import having
from accounts.models import NotificationKind
from accounts.notifications import MEANINGS, Meaning, page, page_of_row
from accounts.permissions import Permission
from oversight.alert_queries import alerts_for, waiting_alerts
from oversight.models import MisuseAlert, ReviewReminder, SubjectRequest


def _unhandled(actor: Actor) -> "QuerySet[MisuseAlert]":
    return alerts_for(actor).filter(closed_at=None)


def _requests(actor: Actor) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.all()


def _to_erase(actor: Actor) -> "QuerySet[SubjectRequest]":
    return SubjectRequest.objects.filter(erase_by__isnull=False, erased_at=None)


def _weeks(actor: Actor) -> "QuerySet[ReviewReminder]":
    return ReviewReminder.objects.all()


def _where_auditors_are(actor: Actor, pk: str) -> str:
    """Whoever may not review can see to it that somebody does."""
    return reverse("reviews" if actor.can(Permission.REVIEW_RECORD) else "people")


def _of_requests(words: str | Promise) -> Meaning:
    return Meaning(
        words, having(Permission.HANDLE_REQUESTS), _requests, page_of_row("request"), "number"
    )


MEANINGS |= {
    # An alert that concerns the person by now is told of as one that is decided.
    NotificationKind.ALERT_WAITS: Meaning(
        _("An alert waits"), having(Permission.HANDLE_ALERTS), waiting_alerts, page_of_row("alert")
    ),
    NotificationKind.ALERT_NOBODY: Meaning(
        _("The agency needs another auditor"),
        having(Permission.MANAGE_PEOPLE),
        _unhandled,
        page("people"),
    ),
    NotificationKind.REQUEST_RECEIVED: _of_requests(_("A request came in")),
    NotificationKind.REQUEST_MESSAGE: _of_requests(_("There is a message on a request")),
    NotificationKind.REQUEST_SOON: _of_requests(_("A request is due soon")),
    NotificationKind.REQUEST_OVERDUE: _of_requests(_("A request is overdue")),
    NotificationKind.REQUEST_ERASURE: Meaning(
        _("An erasure is due"),
        having(Permission.HANDLE_REQUESTS),
        _to_erase,
        page_of_row("request"),
        "number",
    ),
    NotificationKind.REVIEW_DUE: Meaning(
        _("A week of the record waits for its review"),
        having(Permission.REVIEW_RECORD),
        _weeks,
        page("reviews"),
    ),
    NotificationKind.REVIEW_OVERDUE: Meaning(
        _("The review of a week is overdue"),
        having(Permission.REVIEW_RECORD, Permission.MANAGE_PEOPLE),
        _weeks,
        _where_auditors_are,
    ),
}
