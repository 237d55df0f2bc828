"""What the first page after log-in is made of: counts, figures and lists for each role.

An app adds its own when it is loaded (home_parts.py of each); accounts.home_page puts together what
concerns a person, and knows none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet, Subquery
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from accounts.usage import Allowance


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
Late = Callable[[Here, "QuerySet[Any]"], "QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Count:
    """A figure that is a number of rows; all of a page are counted by one statement.

    `address` is the name of a page and what it takes, `query` the filter that shows these rows
    there. `late` are those of the rows whose time is over.
    """

    role: Role
    may: May
    label: str | Promise
    rows: Rows
    address: tuple[str, ...]
    query: str = ""
    tone: Tone = Tone.WAITS
    late: Late | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures that are more than a number of rows.

    `asks` are expressions of one value each, asked for by the statement of the counts; `figures`
    gets their values by the same names.
    """

    role: Role
    may: May
    figures: Callable[[Here, Mapping[str, Any]], Sequence[Figure]]
    asks: Callable[[Here], Mapping[str, Subquery]] = lambda here: {}


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


COUNTS: list[Count] = []
FACTS: list[Facts] = []
LISTINGS: list[Listing] = []


def having(*permissions: Permission) -> May:
    """Whether an actor has at least one of these."""
    return lambda actor: any(actor.can(one) for one in permissions)
