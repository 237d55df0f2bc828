"""Moving agencies between their states, and changing what is known of them.

The platform alone may; each act is in its record and in the agency's.
"""

from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.agency_states import TRANSITIONS
from accounts.faults import Fault
from accounts.models import Agency, AgencyState
from accounts.services.offboarding import open_offboarding
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope

MIN_REASON = 10
# What the platform may change of an agency once it is there.
CHANGEABLE = ("name", "jurisdiction", "contact_name", "contact_email", "time_zone")


def activate_agency(*, actor: Actor, agency: Agency) -> Agency:
    """End an agency's trial. Raises Fault when it is not on trial."""
    return _move(actor, agency, AgencyState.ACTIVE, Action.AGENCY_ACTIVATED, [AgencyState.TRIAL])


def suspend_agency(*, actor: Actor, agency: Agency, reason: str) -> Agency:
    """Let an agency's people read and no more; queued work will fail. Raises Fault."""
    action, reason = Action.AGENCY_SUSPENDED, _clean(reason)
    return _move(actor, agency, AgencyState.SUSPENDED, action, reason=reason)


def resume_agency(*, actor: Actor, agency: Agency) -> Agency:
    """Put a suspended agency back where it was. Raises Fault when it is not suspended."""
    return _move(actor, agency, None, Action.AGENCY_RESUMED, [AgencyState.SUSPENDED])


@transaction.atomic
def close_agency(*, actor: Actor, agency: Agency, reason: str) -> Agency:
    """Let nobody of the agency in any more, for good, and begin its off-boarding. Raises Fault."""
    action, reason = Action.AGENCY_CLOSED, _clean(reason)
    closed = _move(actor, agency, AgencyState.CLOSED, action, reason=reason)
    open_offboarding(actor=actor, agency=closed)
    return closed


@transaction.atomic
def change_agency(*, actor: Actor, agency: Agency, **values: Any) -> Agency:
    """Change some of CHANGEABLE. Raises ValidationError on bad values, TypeError on others."""
    actor.require_platform()
    if unknown := values.keys() - set(CHANGEABLE):
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    with platform_scope():
        row = Agency.objects.select_for_update().get(pk=agency.pk)
        changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
        if not changed:
            return row
        for name in changed:
            setattr(row, name, values[name])
        row.full_clean(exclude=["data_key"])
        row.save(update_fields=changed)
        record_for_both(actor, Action.AGENCY_CHANGED, row, {"fields": changed})
    return row


def _clean(reason: str) -> str:
    """The reason without surrounding space. Raises Fault when it says nothing."""
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    return reason


@transaction.atomic
def _move(
    actor: Actor,
    agency: Agency,
    to: AgencyState | None,
    action: Action,
    allowed_from: list[AgencyState] | None = None,
    reason: str = "",
) -> Agency:
    """Move an agency; `to` is None for the state that it was suspended from."""
    actor.require_platform()
    with platform_scope():
        row = Agency.objects.select_for_update().get(pk=agency.pk)
        before = AgencyState(row.state)
        if allowed_from is not None and before not in allowed_from:
            raise Fault("agency_transition_refused")
        target = AgencyState(row.suspended_from) if to is None else to
        if target not in TRANSITIONS[before]:
            raise Fault("agency_transition_refused")
        row.state, row.state_reason = target, reason
        row.suspended_from = before if target == AgencyState.SUSPENDED else ""
        row.save(update_fields=["state", "state_reason", "suspended_from"])
        facts = {"to": target} if action == Action.AGENCY_RESUMED else {"from": before}
        record_for_both(actor, action, row, facts, content={"reason": reason})
    return row
