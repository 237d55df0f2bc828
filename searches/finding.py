"""The search box: cases, searches, subjects and people, as far as a person may see them in lists.

Every kind is asked through what its own list or page goes by, so that the box opens nothing. Like
those lists, it leaves nothing in the record; what is opened from it is recorded as ever.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import people_queries
from accounts.actor import Actor
from accounts.permissions import Permission
from searches import queries
from searches.marked import spellings
from searches.models import Subject

MOST = 10
# The beginning of an id, with or without its dashes; a queue of work shows its first eight digits.
ID = re.compile(r"[0-9a-f]{4,32}")
DIGITS = 32


@dataclass(frozen=True, slots=True)
class More:
    """A list of its own that shows all that is like it."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Found:
    """The first of a kind; `more` leads on where there are others."""

    rows: Sequence[Any]
    more: list[More] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be found: whose right it is to see the list of it, and by what it is found."""

    name: str
    permission: Permission
    title: str | Promise
    by: str | Promise
    find: Callable[[Actor, str], Found]


@dataclass(frozen=True, slots=True)
class Section:
    kind: Kind
    found: Found


def find_cases(actor: Actor, text: str) -> Found:
    """By their number or title."""
    return _first(queries.cases(actor, text), _("All cases like that"), "cases", text)


def find_searches(actor: Actor, text: str) -> Found:
    """By the beginning of their id, of at least four digits."""
    digits = text.lower().replace("-", "")
    if not ID.fullmatch(digits):
        return Found([])
    first, last = (UUID(digits.ljust(DIGITS, fill)) for fill in "0f")
    rows = queries.searches(actor).filter(pk__gte=first, pk__lte=last)
    return Found(list(rows[:MOST]))


def find_people(actor: Actor, text: str) -> Found:
    """By their name or e-mail address."""
    return _first(people_queries.people(text), _("All people like that"), "people", text)


def _first(rows: "QuerySet[Any]", label: str, address: str, text: str) -> Found:
    found = list(rows[: MOST + 1])
    return Found(found[:MOST], [_more(label, reverse(address), text)] if len(found) > MOST else [])


def _more(label: str, address: str, text: str) -> More:
    return More(label, f"{address}?{urlencode({'q': text})}")


def find_subjects(actor: Actor, text: str) -> Found:
    """By their whole reference, as it is written or in capitals, in whatever gallery."""
    rows = Subject.objects.filter(reference__in=spellings(text)).select_related("gallery")
    return Found(list(rows.order_by("gallery__name", "pk")[:MOST]))


KINDS = (
    Kind(
        "cases",
        Permission.VIEW_CASES,
        gettext_lazy("Cases"),
        gettext_lazy("by number or title"),
        find_cases,
    ),
    Kind(
        "searches",
        Permission.VIEW_CASES,
        gettext_lazy("Searches"),
        gettext_lazy("by the beginning of their code"),
        find_searches,
    ),
    Kind(
        "subjects",
        Permission.VIEW_GALLERIES,
        gettext_lazy("Subjects"),
        gettext_lazy("by their whole reference"),
        find_subjects,
    ),
    Kind(
        "people",
        Permission.VIEW_PEOPLE,
        gettext_lazy("People"),
        gettext_lazy("by name or e-mail address"),
        find_people,
    ),
)


def kinds_for(actor: Actor) -> list[Kind]:
    """What this person may look for."""
    return [kind for kind in KINDS if actor.can(kind.permission)]


def sections_for(actor: Actor, text: str) -> list[Section]:
    """The first of each kind, and nothing of those of which there is none."""
    if not text:
        return []
    sections = [Section(kind, kind.find(actor, text)) for kind in kinds_for(actor)]
    return [section for section in sections if section.found.rows]
