"""The first page after log-in: for each role what its people act on, put together by the apps.

An app adds its own counts, figures and lists when it is loaded (home_parts.py of each), so that the
page knows none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.actor import Actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from accounts.usage import Allowance

# Beyond, a number is shown as "999+": nobody acts on the difference, and counting stops there.
MOST = 999


class Tone(StrEnum):
    """How a number above 0 is shown."""

    PLAIN = "plain"
    WAITS = "waits"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Here:
    """Whose page it is, where, and on which day of the agency's calendar.

    `allowance` is None for whom the license does not concern.
    """

    actor: Actor
    agency: Agency
    today: date
    allowance: Allowance | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or word, that the person acts on, and where. `is_none` says that nothing is."""

    label: str | Promise
    value: str
    href: str
    tone: Tone = Tone.PLAIN
    detail: str = ""
    is_none: bool = False


May = Callable[[Actor], bool]
Rows = Callable[[Here], "QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Count:
    """A figure that is a number of rows; all of a page are counted by one statement.

    `address` is the name of a page and what it takes, `query` the filter that shows these rows
    there. `late` are those of them whose time is over.
    """

    role: Role
    may: May
    label: str | Promise
    rows: Rows
    address: tuple[str, ...]
    query: str = ""
    tone: Tone = Tone.WAITS
    late: Rows | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures that are worked out one by one."""

    role: Role
    may: May
    figures: Callable[[Here], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows below the figures, shown by a template that takes `listing`.

    `more` is the page with all of them. A list without rows is left out unless `always`.
    """

    role: Role
    may: May
    name: str
    title: str | Promise
    template: str
    rows: Callable[[Here], Sequence[Any]]
    more: tuple[str, ...] = ()
    more_label: str | Promise = ""
    always: bool = False


@dataclass(frozen=True, slots=True)
class ShownListing:
    listing: Listing
    rows: Sequence[Any]

    @property
    def more(self) -> str:
        return reverse(self.listing.more[0], args=self.listing.more[1:]) if self.rows else ""


@dataclass(frozen=True, slots=True)
class Part:
    """What the page has for one role; `calm` is said when no figure wants anything."""

    name: str
    title: str | Promise
    calm: str | Promise
    figures: list[Figure]
    listings: list[ShownListing]

    @property
    def is_calm(self) -> bool:
        return all(figure.is_none for figure in self.figures)


COUNTS: list[Count] = []
FACTS: list[Facts] = []
LISTINGS: list[Listing] = []
# In the order of the page: what others wait for comes first.
PARTS: dict[Role, tuple[str | Promise, str | Promise]] = {
    Role.ANALYST: (
        pgettext_lazy("home", "Searching"),
        gettext_lazy("None of your searches is under way."),
    ),
    Role.EXAMINER: (
        pgettext_lazy("home", "Examining"),
        gettext_lazy("Nothing waits for an examiner. What comes is shown here by its deadline."),
    ),
    Role.SUPERVISOR: (
        pgettext_lazy("home", "Deciding"),
        gettext_lazy("Nothing waits for a decision. You get an e-mail when something does."),
    ),
    Role.AUDITOR: (pgettext_lazy("home", "Oversight"), ""),
    Role.ADMIN: (pgettext_lazy("home", "Administration"), ""),
}


def having(*permissions: Permission) -> May:
    """Whether an actor has at least one of these."""
    return lambda actor: any(actor.can(one) for one in permissions)


def parts_for(here: Here) -> list[Part]:
    """The parts of the page that this person has; one statement for all counts of them."""
    figures: dict[Role, list[Figure]] = {role: [] for role in PARTS}
    for count, number, late in _counted(here):
        figures[count.role].append(_figure(count, number, late))
    for facts in FACTS:
        if facts.may(here.actor):
            figures[facts.role] += facts.figures(here)
    lists: dict[Role, list[ShownListing]] = {role: [] for role in PARTS}
    for one in LISTINGS:
        if one.may(here.actor):
            rows = one.rows(here)
            lists[one.role] += [ShownListing(one, rows)] if rows or one.always else []
    return [
        Part(role.value, title, calm, figures[role], lists[role])
        for role, (title, calm) in PARTS.items()
        if figures[role] or lists[role]
    ]


class _Bounded(Subquery):
    """How many rows there are, counted to one beyond MOST."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _counted(here: Here) -> list[tuple[Count, int, int]]:
    counts = [one for one in COUNTS if one.may(here.actor)]
    asked = {f"rows_{n}": one.rows for n, one in enumerate(counts)}
    asked |= {f"late_{n}": one.late for n, one in enumerate(counts) if one.late}
    numbers = {name: _Bounded(_first(rows(here))) for name, rows in asked.items()}
    row = Agency.objects.filter(pk=here.agency.pk).annotate(**numbers).values(*numbers).get()
    return [(one, row[f"rows_{n}"], row.get(f"late_{n}", 0)) for n, one in enumerate(counts)]


def _first(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.order_by().values("pk")[: MOST + 1]


def in_figures(number: int) -> str:
    """A count that ended at MOST + 1 is at least that."""
    return f"{MOST}+" if number > MOST else str(number)


def _figure(count: Count, number: int, late: int) -> Figure:
    query = f"?{count.query}" if count.query else ""
    return Figure(
        count.label,
        in_figures(number),
        reverse(count.address[0], args=count.address[1:]) + query,
        (Tone.LATE if late else count.tone) if number else Tone.PLAIN,
        _("%(n)s overdue") % {"n": in_figures(late)} if late else "",
        is_none=not number,
    )
