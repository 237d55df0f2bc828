"""Requests as the pages of the agency show them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.actor import Actor
from accounts.models import Agency
from oversight.models import SubjectRequest
from oversight.models.request_words import OPEN_STATES
from oversight.services.requests.deadlines import day_at
from oversight.services.requests.deciding import is_alone
from oversight.services.requests.erasing import erasures_of
from searches.models import Gallery
from searches.sealed import texts_of

Condition = Callable[[date], Q]
IS_OPEN = Q(state__in=OPEN_STATES)
VIEWS: dict[str, str | Promise] = {
    "open": pgettext_lazy("requests", "Open"),
    "overdue": pgettext_lazy("requests", "Overdue"),
    "erase": _("To be erased"),
    "closed": pgettext_lazy("requests", "Closed"),
}
_CONDITIONS: dict[str, Condition] = {
    "open": lambda today: IS_OPEN,
    "overdue": lambda today: IS_OPEN & Q(due_on__lt=today),
    "erase": lambda today: Q(erase_by__isnull=False, erased_at=None),
    "closed": lambda today: ~IS_OPEN,
}


@dataclass(frozen=True, slots=True)
class Row:
    asked: SubjectRequest
    name: str
    days_left: int

    @property
    def days_over(self) -> int:
        return -self.days_left

    @property
    def is_overdue(self) -> bool:
        return self.asked.is_open and self.days_left < 0


def found_requests(agency: Agency, view: str) -> QuerySet[SubjectRequest]:
    """Requests of one of VIEWS; the next to be answered first, the last closed first."""
    today = day_at(agency, timezone.now())
    rows = SubjectRequest.objects.filter(_CONDITIONS[view](today))
    return rows.order_by("-state_since") if view == "closed" else rows


def rows_of(agency: Agency, requests: list[SubjectRequest]) -> list[Row]:
    today = day_at(agency, timezone.now())
    names = texts_of(requests, "name_sealed")
    return [
        Row(one, name, (one.due_on - today).days) for one, name in zip(requests, names, strict=True)
    ]


def page_facts(agency: Agency, request: SubjectRequest) -> dict[str, Any]:
    """What the page of one request shows."""
    galleries = dict(Gallery.objects.values_list("pk", "name"))
    return {
        "asked": request,
        "row": rows_of(agency, [request])[0],
        "notes": request.notes.all(),
        "subjects": [(one, galleries.get(one.gallery_id, "")) for one in request.subjects.all()],
        "letters": request.letters.all(),
        "erasures": erasures_of(request),
        "duplicate_of": _duplicate_of(request),
        "duplicates": SubjectRequest.objects.filter(duplicate_of=request.pk),
        "mail_confirmed": request.links.filter(mailed=True, opened_at__isnull=False).exists(),
        "is_alone": request.is_open and is_alone(request),
    }


def _duplicate_of(request: SubjectRequest) -> SubjectRequest | None:
    if request.duplicate_of is None:
        return None
    return SubjectRequest.objects.filter(pk=request.duplicate_of).first()


def waiting(actor: Actor) -> int:
    """How many requests are open, and how many erasures are due, for the card of the hub."""
    return SubjectRequest.objects.filter(
        IS_OPEN | Q(erase_by__isnull=False, erased_at=None)
    ).count()
