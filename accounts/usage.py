"""How much of what an agency's license allows is left, for pages and mails."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from accounts.faults import Fault
from accounts.licensing import Terms, current_terms
from accounts.models import Kind, QuotaCounter
from accounts.models.usage import OVERAGE, STANDING, TERM
from accounts.services.seats import active_members, open_seats

# From these percentages on, people are warned: docs/usage.md.
WARN_AT = (80, 95)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a license and how full it is; `allowed` is None where there is no limit."""

    kind: Kind
    period: str
    allowed: int | None
    used: int
    reserved: int

    @property
    def taken(self) -> int:
        return self.used + self.reserved

    @property
    def left(self) -> int | None:
        """What may still be taken; never negative, also after a limit was lowered."""
        if self.allowed is None:
            return None
        return max(0, self.allowed - self.taken)

    @property
    def percent(self) -> int:
        """How full it is, in whole percent rounded down; 0 without a limit."""
        if self.allowed is None:
            return 0
        return self.taken * 100 // self.allowed if self.allowed else 100

    @property
    def shown_percent(self) -> int:
        """The same for a bar that ends at 100."""
        return min(100, self.percent)

    @property
    def warning(self) -> int | None:
        """The highest of WARN_AT that is reached."""
        reached = [percent for percent in WARN_AT if self.percent >= percent]
        return max(reached) if reached and self.allowed is not None else None

    @property
    def is_month(self) -> bool:
        return self.period not in (TERM, OVERAGE, STANDING)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The agency's license at a moment, or the code of why there is none to work under."""

    terms: Terms | None
    code: str
    month: Limit | None = None
    term: Limit | None = None
    overage: Limit | None = None
    faces: Limit | None = None
    seats: Limit | None = None

    @property
    def limits(self) -> list[Limit]:
        """All limits there are, also those without a number."""
        every = (self.month, self.term, self.overage, self.faces, self.seats)
        return [limit for limit in every if limit is not None]

    @property
    def tightest(self) -> Limit | None:
        """The limit of searches with the least left; None when nothing limits them."""
        limited = [one for one in (self.month, self.term) if one and one.left is not None]
        return min(limited, key=lambda one: one.left or 0, default=None)

    @property
    def searches_used_up(self) -> bool:
        """Whether no search can be submitted, neither within the limits nor beyond."""
        beyond = self.overage.left if self.overage else 0
        return self.tightest is not None and self.tightest.left == 0 and not beyond

    @property
    def warnings(self) -> list[Limit]:
        return [limit for limit in self.limits if limit.warning is not None]


def allowance(agency_id: int, at: datetime | None = None) -> Allowance:
    """What is left in the current agency. A license that may not be used gives its code only.

    Seats of invitations that ran out lately may still count as reserved; `exact_seats` knows.
    """
    at = at or timezone.now()
    try:
        terms = current_terms(agency_id, at)
    except Fault as fault:
        return Allowance(None, fault.code)
    if terms is None or not terms.usable:
        return Allowance(terms, f"license_{terms.state.value}" if terms else "license_missing")
    month = f"{terms.local_day(at):%Y-%m}"
    rows = QuotaCounter.objects.filter(license_number__in=["", terms.number])
    counts = {(row.kind, row.period): (row.used, row.reserved) for row in rows}

    def limit(kind: Kind, period: str, allowed: int | None) -> Limit:
        return Limit(kind, period, allowed, *counts.get((kind.value, period), (0, 0)))

    return Allowance(
        terms=terms,
        code="",
        month=limit(Kind.SEARCH, month, terms.searches_per_month),
        term=limit(Kind.SEARCH, TERM, terms.searches_per_term),
        overage=limit(Kind.SEARCH, OVERAGE, terms.overage_cap) if terms.overage_allowed else None,
        faces=limit(Kind.FACE, STANDING, terms.faces),
        seats=limit(Kind.SEAT, STANDING, terms.seats),
    )


def exact_seats(found: Allowance) -> Limit | None:
    """The seats with invitations that ran out left out, for the page of people."""
    if found.seats is None:
        return None
    return replace(found.seats, used=active_members(), reserved=open_seats())
