"""The plain facts that rules look at, and what they answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from searches.services.searched_faces import OpenedFace

Numbers = Mapping[str, Any]


class Severity(models.TextChoices):
    """How strongly a finding speaks by itself; never how bad the person is."""

    LOW = "low", pgettext_lazy("of an alert", "Low")
    MEDIUM = "medium", pgettext_lazy("of an alert", "Medium")
    HIGH = "high", pgettext_lazy("of an alert", "High")


class When(models.TextChoices):
    FINISHED = "finished", _("after each finished search, and every night")
    NIGHTLY = "nightly", _("every night")


@dataclass(frozen=True, slots=True)
class SearchFact:
    """One search that ran. Times are in the agency's zone."""

    id: UUID
    case: UUID
    person: int | None
    at: datetime
    purpose: str = ""
    portrait_like: bool = False
    concluded: bool = False
    is_lead: bool = False
    followed_up: bool = False
    gone: bool = False  # refused, expired or erased: no conclusion is to be expected
    authorizer: int | None = None
    examiners: tuple[int, ...] = ()

    @property
    def deciders(self) -> frozenset[int]:
        """Who decided something of it beside the person who asked for it."""
        others = {self.authorizer, *self.examiners} - {self.person, None}
        return frozenset(one for one in others if one is not None)


@dataclass(frozen=True, slots=True)
class CaseFact:
    id: UUID
    opened_by: int | None = None
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class PersonFact:
    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class UseFact:
    """An act in a case, from an address."""

    person: int
    case: UUID
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Scale:
    """From where on two templates are one person, surely one, and clearly two (cosines)."""

    same: float
    surely: float
    different: float


@dataclass(frozen=True)
class World:
    """What a rule may know. `searches` are of the last year, in the order of time.

    After one search it holds all searches of the cases concerned and of the person who searched;
    every night those of the whole agency.
    """

    now: datetime
    searches: tuple[SearchFact, ...] = ()
    cases: Mapping[UUID, CaseFact] = field(default_factory=dict)
    people: Mapping[int, PersonFact] = field(default_factory=dict)
    faces: Mapping[UUID, OpenedFace] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    uses: tuple[UseFact, ...] = ()

    def since(self, span: timedelta) -> tuple[SearchFact, ...]:
        return tuple(one for one in self.searches if one.at >= self.now - span)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found. `key` is the same when it finds the same thing again.

    `searches` are those that the finding rests on, `people` whom it concerns: ids alone.
    """

    key: str
    severity: Severity
    searches: tuple[UUID, ...]
    people: frozenset[int]
    case: UUID | None = None
    numbers: Numbers = field(default_factory=dict)
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it is called, when it is asked, how it looks and how it explains itself.

    `explain(numbers, signals)` says in words what was found. After a decision the same key is
    raised again only when at least `renewed_by` searches have come that no alert rested on.
    """

    code: str
    title: str | Promise
    reason: str | Promise
    when: When
    find: Callable[[World], list[Finding]]
    explain: Callable[[Numbers], str]
    renewed_by: int = 1


def by_person(searches: Iterable[SearchFact]) -> dict[int, list[SearchFact]]:
    """Searches by who asked for them; those of the operator are nobody's."""
    found: dict[int, list[SearchFact]] = {}
    for one in searches:
        if one.person is not None:
            found.setdefault(one.person, []).append(one)
    return found


def by_case(searches: Iterable[SearchFact]) -> dict[UUID, list[SearchFact]]:
    found: dict[UUID, list[SearchFact]] = {}
    for one in searches:
        found.setdefault(one.case, []).append(one)
    return found


def ids(searches: Iterable[SearchFact]) -> tuple[UUID, ...]:
    return tuple(one.id for one in searches)


def present(*people: int | None) -> Iterator[int]:
    return (one for one in people if one is not None)
