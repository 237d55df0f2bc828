"""Where an agency can go, and what each state allows: two tables (docs/agencies.md)."""

from collections.abc import Mapping

from accounts.models import AgencyState
from accounts.permissions import Permission

S = AgencyState

# The trigger accounts_guard_agency refuses everything else.
TRANSITIONS: Mapping[AgencyState, frozenset[AgencyState]] = {
    S.TRIAL: frozenset({S.ACTIVE, S.SUSPENDED, S.CLOSED}),
    S.ACTIVE: frozenset({S.SUSPENDED, S.CLOSED}),
    S.SUSPENDED: frozenset({S.TRIAL, S.ACTIVE, S.CLOSED}),
    S.CLOSED: frozenset(),
}

READING = frozenset(
    {
        Permission.VIEW_CASES,
        Permission.VIEW_ALL_CASES,
        # A court's order to disclose does not wait for the agency to be active again.
        Permission.DISCLOSE,
        Permission.VIEW_STATISTICS,
        Permission.VIEW_CANDIDATES,
        Permission.VIEW_GALLERIES,
        Permission.VIEW_PEOPLE,
        Permission.VIEW_CERTIFICATES,
        Permission.VIEW_PROFICIENCY,
        Permission.VIEW_LICENSE,
        Permission.VIEW_POLICIES,
        Permission.VIEW_PLATFORM_ACTS,
        # Oversight, and what the law owes to people, do not wait for the agency to be active.
        Permission.VIEW_RECORD,
        Permission.VIEW_LOOKS,
        Permission.REVIEW_RECORD,
        Permission.HANDLE_ALERTS,
        Permission.VIEW_TRANSPARENCY,
        Permission.HANDLE_REQUESTS,
        Permission.VIEW_INVOICES,
        Permission.VIEW_USAGE,
    }
)

# A permission that is added later is not allowed to suspended agencies until it is named here.
ALLOWS: Mapping[AgencyState, frozenset[Permission]] = {
    S.TRIAL: frozenset(Permission),
    S.ACTIVE: frozenset(Permission),
    S.SUSPENDED: READING,
    # What is left to do for its administrators (docs/agencies.md).
    S.CLOSED: frozenset({Permission.OFFBOARD}),
}

# In these states queued work is done.
WORKING = frozenset({S.TRIAL, S.ACTIVE})


def is_open(state: str) -> bool:
    """Whether the agency's people get in at all."""
    return AgencyState(state) != S.CLOSED


def permitted(granted: frozenset[Permission], state: str) -> frozenset[Permission]:
    """What remains of permissions in an agency of this state."""
    return granted & ALLOWS[AgencyState(state)]
