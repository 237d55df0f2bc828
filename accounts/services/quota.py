"""Setting aside, using and giving back what a license allows.

Each act is one statement (the functions of migration 0021), so that two that come at once cannot
take the same last search. They run in the caller's transaction: a search that is not stored has
reserved nothing, and a result that is not stored has used nothing. Call them last, since the
counters stay locked until the transaction ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.faults import Fault
from accounts.licensing import Terms
from accounts.models import Kind, ReservationState
from portal.metrics.instruments import QUOTA_REFUSALS

# How long a reservation waits before the sweeper asks what became of its act.
RESERVED_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A quantity set aside; `is_new` is false when the key had reserved it before."""

    id: UUID
    is_new: bool


def reserve(
    *,
    terms: Terms,
    kind: Kind,
    quantity: int,
    key: str,
    purpose: str = "",
    at: datetime | None = None,
) -> Reservation:
    """Set a quantity aside under a usable license; the same key again changes nothing.

    A search counts for the month it is reserved in, in the agency's time zone, whenever it is
    finished, and for the term. When either is used up and the license allows searches beyond, it
    counts as one of those instead. Raises Fault: quota_used_up, purpose_not_licensed.
    """
    if kind == Kind.SEARCH and purpose not in terms.purposes:
        raise Fault("purpose_not_licensed")
    return _reserve(terms, kind, quantity, key, purpose, at or timezone.now(), commit=False)


def take(*, terms: Terms, kind: Kind, quantity: int, key: str) -> Reservation:
    """Reserve and commit at once, for what is done in this very transaction. Raises Fault."""
    return _reserve(terms, kind, quantity, key, "", timezone.now(), commit=True)


def _reserve(
    terms: Terms, kind: Kind, quantity: int, key: str, purpose: str, at: datetime, *, commit: bool
) -> Reservation:
    if kind == Kind.SEARCH:
        month, whole = terms.searches_per_month, terms.searches_per_term
        overage = terms.overage_cap if terms.overage_allowed else None
    else:
        month, whole, overage = None, terms.faces, None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, reservation FROM accounts_quota_reserve("
            "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(key, kind.value, quantity, purpose, terms.number, terms.version),
                *(month, whole, overage, at, at + RESERVED_FOR, commit),
            ],
        )
        outcome, reservation = cursor.fetchone()
    if outcome == "used_up":
        QUOTA_REFUSALS.labels(kind.value).inc()
        raise Fault("quota_used_up")
    return Reservation(reservation, outcome == "made")


def commit(*, key: str) -> None:
    """Count what was reserved as used and enter it in the ledger; a second time does nothing.

    Raises Fault("reservation_ended") when nothing is reserved under the key (any more).
    """
    if _settle(key, ReservationState.COMMITTED) != ReservationState.COMMITTED:
        raise Fault("reservation_ended")


def release(*, key: str) -> bool:
    """Give back what was reserved; false when it was used, had expired or never was."""
    return _settle(key, ReservationState.RELEASED) == ReservationState.RELEASED


def expire(*, key: str) -> bool:
    """The same for a reservation whose act nobody finished; false when it ended otherwise."""
    return _settle(key, ReservationState.EXPIRED) == ReservationState.EXPIRED


def return_faces(keys: Sequence[str]) -> int:
    """Faces that were taken under these keys are not held any more; returns how many.

    They make room for others at once. A second time does nothing, and the ledger stays.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_quota_return_faces(%s)", [list(keys)])
        return int(cursor.fetchone()[0])


def _settle(key: str, state: ReservationState) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_quota_settle(%s, %s)", [key, state.value])
        return str(cursor.fetchone()[0])
