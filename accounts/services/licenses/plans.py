"""The catalogue: a plan is drafted, published, and never changed afterwards."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Plan
from accounts.services.licenses.locks import one_at_a_time
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope

PLAN_FIELDS = (
    "name",
    "currency",
    "price",
    "term_months",
    "seats",
    "searches_per_month",
    "searches_per_term",
    "faces",
    "purposes",
    "source_kinds",
    "overage_allowed",
    "overage_unit_price",
    "overage_cap",
    "grace_days",
)


@transaction.atomic
def create_plan_version(*, actor: Actor, code: str, **values: Any) -> Plan:
    """The next version of a plan, or the first of a new code; nobody can buy it yet.

    `values` are of PLAN_FIELDS. Raises ValidationError on bad ones, TypeError on others.
    """
    actor.require_platform()
    if unknown := values.keys() - set(PLAN_FIELDS):
        raise TypeError(f"no field of a plan: {', '.join(sorted(unknown))}")
    with platform_scope():
        one_at_a_time(f"plan {code}")
        last = Plan.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0
        plan = Plan(code=code, version=last + 1, **values)
        plan.full_clean()
        plan.save(force_insert=True)
        record(actor, Action.PLAN_CREATED, plan, {"code": code, "version": plan.version})
    return plan


@transaction.atomic
def publish_plan(*, actor: Actor, plan: Plan) -> Plan:
    """Offer a plan; from now on it does not change. Raises Fault when it is published already."""
    actor.require_platform()
    with platform_scope():
        row = Plan.objects.select_for_update().get(pk=plan.pk)
        if row.published_at is not None:
            raise Fault("plan_published")
        row.published_at = timezone.now()
        row.save(update_fields=["published_at"])
        record(actor, Action.PLAN_PUBLISHED, row, {"code": row.code, "version": row.version})
    return row
