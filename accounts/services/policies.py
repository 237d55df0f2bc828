"""Changing an agency's security policies, and accepting its notice."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.banner import digest_of
from accounts.faults import Fault
from accounts.models import Agency, SecurityPolicy
from accounts.models.policy import BOUNDS
from accounts.models.staff import MIN_REASON
from accounts.permissions import Permission
from accounts.policies import NOTICES, Policy, as_values, is_looser, policy_of
from accounts.services.seats import lock_agency
from accounts.sign_on_queries import is_ready
from portal.audit.actions import Action
from portal.audit.recorder import record


def require_valid(values: Mapping[str, Any]) -> None:
    """Raise Fault for a number that no agency may have, or that is looser than the operator's."""
    for name, (low, high) in BOUNDS.items():
        if not low <= values[name] <= high:
            raise Fault("policy_out_of_range")
        if is_looser(name, values[name]):
            raise Fault("policy_too_loose")


def changes_between(before: Policy, after: Mapping[str, Any]) -> list[str]:
    """Names of the policies that a new version would change."""
    return [name for name, value in as_values(before).items() if after[name] != value]


@transaction.atomic
def change_policy(
    *, actor: Actor, seen: int, values: Mapping[str, Any], why: str
) -> SecurityPolicy:
    """Add a version with all of `values`; it holds from people's next log-in on. Raises Fault.

    `seen` is the version which the person looked at: another one in force means that somebody else
    was faster, and nothing is changed.
    """
    actor.require(Permission.MANAGE_POLICIES)
    lock_agency(actor.agency)
    before = policy_of(actor.agency)
    if before.version != seen:
        raise Fault("policy_changed_meanwhile")
    if len(why.strip()) < MIN_REASON:
        raise Fault("reason_too_short")
    require_valid(values)
    if values["single_sign_on_required"] and not is_ready(actor.agency):
        raise Fault("sso_not_ready")
    changed = changes_between(before, values)
    if not changed:
        raise Fault("policy_unchanged")
    row = SecurityPolicy(
        number=seen + 1,
        why=why.strip(),
        made_by_id=actor.user_id,
        made_by_label=actor.label,
        **{name: values[name] for name in as_values(before)},
    )
    row.take_scope()
    row.full_clean()
    row.save(force_insert=True)
    old = as_values(before)
    facts = {
        "version": row.number,
        "before": {name: _for_record(name, old[name]) for name in changed},
        "after": {name: _for_record(name, values[name]) for name in changed},
    }
    record(actor, Action.POLICY_CHANGED, row, facts, content={"reason": row.why})
    return row


def _for_record(name: str, value: Any) -> Any:
    """Texts are in the version itself; the record holds what proves them."""
    return digest_of(value) if name in NOTICES and value else value


@transaction.atomic
def accept_notice(*, actor: Actor, agency: Agency, version: int, text: str) -> None:
    """Record that a person read an agency's notice and consented."""
    record(actor, Action.NOTICE_ACCEPTED, agency, {"version": version, "sha256": digest_of(text)})
