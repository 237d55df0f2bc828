"""Suspending, resuming and terminating licenses: each act from a moment on, for a reason."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import License, LicenseAct, LicenseActKind
from accounts.models.staff import MIN_REASON
from accounts.services.licenses.drafting import refuse_terminated
from accounts.services.licenses.locks import one_at_a_time
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope

K = LicenseActKind


def suspend(
    *, actor: Actor, license: License, reason: str, effective_at: datetime | None = None
) -> LicenseAct:
    """Let nothing new be done under a license, now or from a later moment. Raises Fault."""
    return _act(actor, license, K.SUSPENDED, Action.LICENSE_SUSPENDED, reason, effective_at)


def resume(
    *, actor: Actor, license: License, reason: str, effective_at: datetime | None = None
) -> LicenseAct:
    """End a suspension. Raises Fault when there is none."""
    return _act(actor, license, K.RESUMED, Action.LICENSE_RESUMED, reason, effective_at)


def terminate(
    *, actor: Actor, license: License, reason: str, effective_at: datetime | None = None
) -> LicenseAct:
    """End a license for good, now or at a later moment. Raises Fault."""
    return _act(actor, license, K.TERMINATED, Action.LICENSE_TERMINATED, reason, effective_at)


@transaction.atomic
def _act(
    actor: Actor,
    license: License,
    kind: LicenseActKind,
    action: Action,
    reason: str,
    effective_at: datetime | None,
) -> LicenseAct:
    actor.require_platform()
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    with platform_scope():
        one_at_a_time(f"license {license.pk}")
        now = timezone.now()
        at = now if effective_at is None else effective_at
        refuse_terminated(license)
        last = LicenseAct.objects.filter(license=license).order_by("effective_at", "pk").last()
        suspended = last is not None and last.kind == K.SUSPENDED
        if kind != K.TERMINATED and suspended == (kind == K.SUSPENDED):
            raise Fault("license_act_refused")
        if at < now or (last is not None and at < last.effective_at):
            raise Fault("license_act_too_early")
        act = LicenseAct(
            agency_id=license.agency_id,
            license=license,
            kind=kind,
            effective_at=at,
            reason=reason,
            actor_id=actor.user_id,
            actor_label=actor.label,
            made_at=now,
        )
        act.full_clean()
        act.save(force_insert=True)
        facts = {"number": license.number, "effective_at": at.isoformat(timespec="seconds")}
        record_for_both(actor, action, license.agency, facts, license, content={"reason": reason})
    return act
