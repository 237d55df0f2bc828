"""What people ask for at the end of a closed agency; the worker's part is offboarding_job.py."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Offboarding, OffboardingState
from accounts.offboarding.reading import read_index, zip_stream
from accounts.offboarding.registry import obstacle_of
from accounts.permissions import Permission
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from portal.tenancy import platform_scope, scope

TASK = "accounts.tasks.offboard"
MIN_REASON = 10
MOST_DAYS = 365
S = OffboardingState
# The deadline can be put off until the destruction has begun.
PROLONGABLE = (S.WAITING, S.EXPORTING, S.EXPORTED, S.FAILED)


def open_offboarding(*, actor: Actor, agency: Agency) -> Offboarding:
    """Begin the end of an agency that was closed in this transaction."""
    now = timezone.now()
    with scope(agency.pk):
        row = Offboarding.objects.create(
            closed_at=now, deadline=now + timedelta(days=settings.OFFBOARDING_DAYS)
        )
        facts = {"deadline": row.deadline.isoformat()}
        record(replace(actor, agency_id=agency.pk), Action.OFFBOARDING_OPENED, row, facts)
        ring(TASK, agency.pk)
    return row


def download_export(*, actor: Actor, agency: Agency) -> Iterator[bytes]:
    """The finished export as the bytes of a ZIP. Raises Fault while there is none.

    Recorded when it begins; noted on the row, and recorded again, when the last byte was handed on.
    """
    actor.require(Permission.OFFBOARD)
    with scope(actor.agency):
        row = Offboarding.objects.filter(state=S.EXPORTED).first()
        if row is None:
            raise Fault("export_not_there")
        stream = zip_stream(agency, read_index(agency))
        record(actor, Action.OFFBOARDING_DOWNLOAD_BEGUN, row, {"sha256": row.export_sha256})
    return _noted(actor, row, stream)


def _noted(actor: Actor, row: Offboarding, stream: Iterator[bytes]) -> Iterator[bytes]:
    yield from stream
    with scope(actor.agency), transaction.atomic():
        Offboarding.objects.filter(pk=row.pk, state=S.EXPORTED).update(downloaded_at=Now())
        record(actor, Action.OFFBOARDING_DOWNLOADED, row, {"sha256": row.export_sha256})


@transaction.atomic
def confirm_destruction(*, actor: Actor, agency: Agency, short_name: str) -> None:
    """Destroy the agency's data now: its admin has the export. Raises Fault."""
    actor.require(Permission.OFFBOARD)
    with scope(actor.agency):
        row = Offboarding.objects.select_for_update().filter(state=S.EXPORTED).first()
        if row is None:
            raise Fault("export_not_there")
        if row.downloaded_at is None:
            raise Fault("export_not_downloaded")
        if short_name.strip() != agency.slug:
            raise Fault("short_name_wrong")
        if obstacle := obstacle_of(agency.pk):
            raise Fault(obstacle)
        row.state, row.started_at, row.attempts = S.DESTROYING, timezone.now(), 0
        row.confirmed_at, row.confirmed_by_id = timezone.now(), actor.user_id
        row.save()
        record(actor, Action.OFFBOARDING_CONFIRMED, row, {"sha256": row.export_sha256})
        ring(TASK, agency.pk)


@transaction.atomic
def prolong_offboarding(*, actor: Actor, agency: Agency, days: int, reason: str) -> Offboarding:
    """Put the deadline off by 1 to MOST_DAYS days; the platform alone may. Raises Fault."""
    actor.require_platform()
    reason = reason.strip()
    if len(reason) < MIN_REASON:
        raise Fault("reason_too_short")
    if not 1 <= days <= MOST_DAYS:
        raise Fault("offboarding_days_out_of_range")
    with platform_scope():
        rows = Offboarding._base_manager.select_for_update()
        row = rows.filter(agency_id=agency.pk, state__in=PROLONGABLE, started_at=None).first()
        if row is None:
            raise Fault("offboarding_over")
        row.deadline += timedelta(days=days)
        # Not save(): a tenant's row is written in its scope, and this is the platform's one right.
        changed = {"deadline": row.deadline, "prolonged_reason": reason}
        Offboarding._base_manager.filter(pk=row.pk).update(**changed)
        facts = {"deadline": row.deadline.isoformat()}
        record_for_both(
            actor, Action.OFFBOARDING_PROLONGED, agency, facts, content={"reason": reason}
        )
    return row
