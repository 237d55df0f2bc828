"""Changing what an agency asks of its examiners in an exercise."""

from collections.abc import Mapping

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.services.seats import lock_agency
from portal.audit.actions import Action
from portal.audit.recorder import record
from training.models import ProficiencyRules
from training.queries import rules_in_force

FIELDS = (
    "pairs",
    "pass_percent",
    "false_positives_allowed",
    "attempts",
    "counts",
    "certificate_days",
)


@transaction.atomic
def change_rules(*, actor: Actor, values: Mapping[str, int | bool]) -> ProficiencyRules:
    """Set all of FIELDS; exercises that begin from now on go by them. Raises ValidationError."""
    actor.require(Permission.MANAGE_CERTIFICATES)
    lock_agency(actor.agency)
    rules = rules_in_force()
    before = {name: getattr(rules, name) for name in FIELDS}
    for name in FIELDS:
        setattr(rules, name, values[name])
    changed = [name for name in FIELDS if getattr(rules, name) != before[name]]
    if not changed:
        return rules
    rules.changed_by_label = actor.label
    rules.take_scope()
    rules.full_clean()
    rules.save()
    facts = {
        "before": {name: before[name] for name in changed},
        "after": {name: getattr(rules, name) for name in changed},
    }
    record(actor, Action.PROFICIENCY_RULES_CHANGED, rules, facts)
    return rules
