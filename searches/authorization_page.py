"""What a supervisor sees before deciding on a search, worked out beforehand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from searches import work
from searches.models import Search, Stage

TITLES: dict[int, str | Promise] = {
    work.BEFORE: _("Waiting before the search"),
    work.URGENT: _("Urgent, done already"),
    work.LOCKED: _("Urgent, results locked"),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A search in the queue; `hours` are left until an urgent one's results lock."""

    search: Search
    hours: int | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Part:
    title: str | Promise
    rows: list[Waiting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Previous:
    """What there was before, in numbers: a case number alone is no control."""

    in_case: int
    concluded_in_case: int
    of_requester: int
    concluded_of_requester: int
    refused_of_requester: int


def queue_of(rows: Iterable[Search]) -> list[Part]:
    """The rows of a page of `work.authorizations`, in their parts."""
    parts: dict[int, Part] = {}
    now = timezone.now()
    for search in rows:
        number, deadline = search.part, search.deadline  # type: ignore[attr-defined]
        hours = (deadline - now) // timedelta(hours=1) if number == work.URGENT else None
        part = parts.setdefault(number, Part(TITLES[number]))
        part.rows.append(Waiting(search, hours, deadline < now))
    return list(parts.values())


def previous_of(search: Search) -> Previous:
    """The other searches of the case, and of whoever asked for this one."""
    others = Search.objects.exclude(pk=search.pk)
    concluded = Count("pk", filter=Q(stage=Stage.CONCLUDED))
    refused = Count("pk", filter=Q(stage=Stage.REFUSED))
    case = others.filter(case_id=search.case_id).aggregate(n=Count("pk"), concluded=concluded)
    asked = Q(requested_by_id=search.requested_by_id)
    counts = {"n": Count("pk"), "concluded": concluded, "refused": refused}
    person = others.filter(asked).aggregate(**counts)
    return Previous(
        case["n"], case["concluded"], person["n"], person["concluded"], person["refused"]
    )
