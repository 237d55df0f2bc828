"""How the installation works, notices to everybody, and what is switched off for one agency.

The platform alone may; each act is in its record, and in that of the agency which it concerns.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.features import Feature
from accounts.models import Agency
from accounts.models.staff import MIN_REASON
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.models import Broadcast, Mode, Operation
from portal.operating import forget
from portal.tenancy import platform_scope


@dataclass(frozen=True, slots=True)
class Told:
    """What people are told of a mode: until when, and a text in both languages, or none."""

    until: datetime | None = None
    text_en: str = ""
    text_fr: str = ""


@transaction.atomic
def set_mode(*, actor: Actor, mode: Mode, reason: str, told: Told | None = None) -> None:
    """Change how the installation works. Other processes know within seconds. Raises Fault."""
    actor.require_platform()
    _require_reason(reason)
    told = told or Told()
    with platform_scope():
        row = Operation.objects.select_for_update().filter(pk=1).first() or Operation()
        before = row.mode
        row.mode, row.until = mode, told.until
        row.text_en, row.text_fr = told.text_en.strip(), told.text_fr.strip()
        row.save()
        facts = {"before": before, "mode": mode.value}
        written = {"reason": reason.strip()}
        record(
            replace(actor, agency_id=None), Action.OPERATION_CHANGED, None, facts, content=written
        )
    _known_everywhere()


@transaction.atomic
def broadcast(
    *,
    actor: Actor,
    text_en: str,
    text_fr: str,
    starts_at: datetime,
    ends_at: datetime,
    is_urgent: bool = False,
) -> Broadcast:
    """Show a notice to everybody, from one moment to another. Raises Fault."""
    actor.require_platform()
    if ends_at <= starts_at or ends_at <= timezone.now():
        raise Fault("notice_times")
    if not text_en.strip() or not text_fr.strip():
        raise Fault("notice_both_languages")
    with platform_scope():
        row = Broadcast.objects.create(
            text_en=text_en.strip(),
            text_fr=text_fr.strip(),
            is_urgent=is_urgent,
            starts_at=starts_at,
            ends_at=ends_at,
            made_by_label=actor.label,
        )
        facts = {"from": starts_at.isoformat(), "until": ends_at.isoformat(), "urgent": is_urgent}
        record(replace(actor, agency_id=None), Action.BROADCAST_MADE, row, facts)
    _known_everywhere()
    return row


@transaction.atomic
def withdraw_broadcast(*, actor: Actor, notice: Broadcast) -> None:
    """Take a notice back; one that is taken back already stays as it is."""
    actor.require_platform()
    with platform_scope():
        rows = Broadcast.objects.filter(pk=notice.pk, withdrawn_at=None)
        if rows.update(withdrawn_at=timezone.now()):
            record(replace(actor, agency_id=None), Action.BROADCAST_WITHDRAWN, notice)
    _known_everywhere()


@transaction.atomic
def switch_feature(
    *, actor: Actor, agency: Agency, feature: Feature, is_on: bool, reason: str
) -> Agency:
    """Switch a part of the portal on or off for one agency, which reads why. Raises Fault."""
    actor.require_platform()
    _require_reason(reason)
    with platform_scope():
        row = Agency.objects.select_for_update().get(pk=agency.pk)
        off = set(row.features_off) - {feature.value} | (set() if is_on else {feature.value})
        if off == set(row.features_off):
            return row
        row.features_off = sorted(off)
        row.save(update_fields=["features_off"])
        facts = {"feature": feature.value, "on": is_on}
        written = {"reason": reason.strip()}
        record_for_both(actor, Action.FEATURE_SWITCHED, row, facts, content=written)
    return row


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < MIN_REASON:
        raise Fault("reason_too_short")


def _known_everywhere() -> None:
    """This process reads it anew at once, and again when it is committed."""
    forget()
    transaction.on_commit(forget)
