"""One week of the record in numbers, for the person who reviews it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.models import Agency
from accounts.services.platform_record import PLATFORM_ACTS
from oversight.action_words import GROUPS, words_of
from oversight.record_query import entries_for
from oversight.weeks import bounds_of
from portal.audit.actions import Action
from portal.audit.models import AuditEntry

DAY_BEGINS, DAY_ENDS, FRIDAY = 6, 20, 5
MOST_PEOPLE = 10
# What a reviewer looks at first, whatever else there was.
WATCHED: list[tuple[str | Promise, Sequence[Action]]] = [
    (
        _("Candidates and reports looked at"),
        (Action.CANDIDATES_VIEWED, Action.REPORT_DOWNLOADED, Action.BUNDLE_DOWNLOADED),
    ),
    (
        _("Exports"),
        (Action.RECORD_EXPORTED, Action.USAGE_EXPORTED, Action.OFFBOARDING_EXPORTED),
    ),
    (
        _("Refused log-ins and locked accounts"),
        (Action.LOGIN_FAILED, Action.SSO_REFUSED, Action.ACCOUNT_LOCKED),
    ),
    (
        _("People and their roles"),
        (
            Action.MEMBER_ADDED,
            Action.MEMBER_ROLES_CHANGED,
            Action.MEMBER_DEACTIVATED,
            Action.MEMBER_REACTIVATED,
            Action.FACTORS_RESET,
            Action.ACCOUNT_RELEASED,
        ),
    ),
    (
        _("Policies and log-in settings"),
        (Action.POLICY_CHANGED, Action.SSO_CHANGED, Action.SSO_ENABLED, Action.SSO_DISABLED),
    ),
    (_("What the platform did"), PLATFORM_ACTS),
]


@dataclass(frozen=True, slots=True)
class Counted:
    action: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Person:
    user_id: int | None
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """Actions that belong together, with how often each was done."""

    title: str
    actions: Sequence[Counted]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.actions)


@dataclass(frozen=True, slots=True)
class Summary:
    """`own` are the acts of the person who reads it, counted apart."""

    first: date
    last: date
    total: int
    watched: Sequence[Part]
    groups: Sequence[Part]
    people: Sequence[Person]
    by_people: int
    off_hours: int
    own: Part

    @property
    def off_hours_percent(self) -> int:
        return round(100 * self.off_hours / self.by_people) if self.by_people else 0

    def as_counts(self) -> dict[str, Any]:
        """What a signature keeps of it: codes, ids and numbers."""
        return {
            "entries": self.total,
            "actions": {one.action: one.count for part in self.groups for one in part.actions},
            "people": {str(one.user_id or 0): one.count for one in self.people},
            "off_hours": self.off_hours,
            "own": self.own.count,
        }


def summary_of(actor: Actor, agency: Agency, week: date) -> Summary:
    """The week as far as this person may see it (oversight.blindness)."""
    begin, end = bounds_of(agency, week)
    entries = entries_for(actor, Q(at__gte=begin, at__lt=end)).order_by()
    counts = _by_action(entries)
    mine = Q(actor_id=actor.user_id) if actor.user_id is not None else Q(pk=None)
    by_people = entries.filter(actor_id__isnull=False)
    found = by_people.values("actor_id", "actor_label").annotate(n=Count("pk"))
    people = [Person(*row) for row in found.values_list("actor_id", "actor_label", "n")]
    people.sort(key=lambda one: (-one.count, one.label))
    return Summary(
        first=week,
        last=week + timedelta(days=6),
        total=sum(counts.values()),
        watched=[_part(title, actions, counts) for title, actions in WATCHED],
        groups=[part for title, words in GROUPS if (part := _part(title, words, counts)).actions],
        people=people[:MOST_PEOPLE],
        by_people=sum(one.count for one in people),
        off_hours=_off_hours(by_people, ZoneInfo(agency.time_zone)),
        own=Part("", _counted(_by_action(entries.filter(mine)))),
    )


def _by_action(entries: QuerySet[AuditEntry]) -> dict[str, int]:
    return dict(entries.values("action").annotate(n=Count("pk")).values_list("action", "n"))


def _part(title: str | Promise, actions: Any, counts: dict[str, int]) -> Part:
    return Part(str(title), _counted({one: counts[one] for one in actions if one in counts}))


def _counted(counts: dict[str, int]) -> list[Counted]:
    found = [Counted(str(action), words_of(action), n) for action, n in counts.items()]
    return sorted(found, key=lambda one: (-one.count, one.words))


def _off_hours(entries: QuerySet[AuditEntry], zone: ZoneInfo) -> int:
    """Acts of people at night or at the weekend, by the agency's clocks."""
    clocked = entries.annotate(
        hour=ExtractHour("at", tzinfo=zone), weekday=ExtractIsoWeekDay("at", tzinfo=zone)
    )
    off = Q(hour__lt=DAY_BEGINS) | Q(hour__gte=DAY_ENDS) | Q(weekday__gt=FRIDAY)
    return clocked.filter(off).count()
