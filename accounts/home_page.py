"""Puts the first page together: a part for each role, in few statements however much there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.actor import Actor
from accounts.certificates import today_in
from accounts.counting import counted, in_figures
from accounts.home import COUNTS, FACTS, LISTINGS, Count, Figure, Here, Listing, Tone
from accounts.models import Agency, Role
from accounts.permissions import Permission
from accounts.usage import allowance

# Whoever may use up a limit sees what is left; whoever can ask for more is warned as well.
CONCERNED = (Permission.SEARCH, Permission.ENROL, Permission.VIEW_USAGE)


@dataclass(frozen=True, slots=True)
class ShownListing:
    listing: Listing
    rows: Sequence[Any]

    @property
    def more(self) -> str:
        address = self.listing.more if self.rows else ()
        return reverse(address[0], args=address[1:]) if address else ""


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


def here_of(actor: Actor, agency: Agency) -> Here:
    """Whose page it is; works inside the agency's scope only."""
    concerned = any(actor.can(right) for right in CONCERNED)
    return Here(actor, agency, today_in(agency), allowance(agency.pk) if concerned else None)


def parts_for(here: Here) -> list[Part]:
    """The parts of the page that this person has."""
    figures = _figures(here)
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


def _figures(here: Here) -> dict[Role, list[Figure]]:
    """All figures, with one statement for what they ask of the database."""
    counts = [one for one in COUNTS if one.may(here.actor)]
    facts = [one for one in FACTS if one.may(here.actor)]
    asked: dict[str, Any] = {}
    for n, one in enumerate(counts):
        rows = one.rows(here)
        asked[f"rows_{n}"] = counted(rows)
        if one.late:
            asked[f"late_{n}"] = counted(one.late(here, rows))
    for fact in facts:
        asked |= fact.asks(here)
    agency = Agency.objects.filter(pk=here.agency.pk).annotate(**asked)
    answers: Mapping[str, Any] = agency.values(*asked).get() if asked else {}
    found: dict[Role, list[Figure]] = {role: [] for role in PARTS}
    for n, one in enumerate(counts):
        figure = _figure(one, answers[f"rows_{n}"], answers.get(f"late_{n}", 0))
        found[one.role].append(figure)
    for fact in facts:
        found[fact.role] += fact.figures(here, answers)
    return found


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
