"""Making, publishing, withdrawing and handing out transparency reports."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import rfc8785
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import PeriodKind, TransparencyReport
from oversight.transparency.making import KIND, make
from oversight.transparency.periods import Period
from oversight.transparency.tabling import Document
from portal import signing
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.recorder import record

MOST_DAYS = 3660


def make_report(*, actor: Actor, period: Period) -> TransparencyReport:
    """Count the record of the period, up to a head that is signed now. Raises Fault.

    A period that is not over can be counted and not be published.
    """
    actor.require(Permission.VIEW_TRANSPARENCY)
    agency = Agency.objects.get(pk=actor.agency)
    if period.last - period.first > timedelta(days=MOST_DAYS):
        raise Fault("transparency_period_long")
    if period.first > timezone.localdate(timezone=ZoneInfo(agency.time_zone)):
        raise Fault("transparency_period_ahead")
    checkpoint = take_checkpoint(agency.pk)
    if checkpoint is None:
        raise Fault("transparency_nothing_recorded")
    with transaction.atomic():
        made = make(agency, period, checkpoint, timezone.now())
        signature = signing.sign(KIND, made.internal)
        report = TransparencyReport.objects.create(
            first_day=period.first,
            last_day=period.last,
            kind=period.kind,
            document=_text(made.internal),
            signature=signature.value,
            public_document=_text(made.public),
            public_signature=signing.sign(KIND, made.public).value,
            key_id=signature.key_id,
            made_by_label=actor.label,
        )
        digests = {"sha256": _sha256(report.document), "public_sha256": _public_sha256(report)}
        record(actor, Action.TRANSPARENCY_MADE, report, _days(report) | digests)
    return report


@transaction.atomic
def publish_report(*, actor: Actor, report: TransparencyReport) -> TransparencyReport:
    """Show the report to everybody, its small numbers hidden. Raises Fault.

    Once published, no report of a period that overlaps can be, also after a withdrawal.
    """
    actor.require(Permission.PUBLISH_TRANSPARENCY)
    locked = _locked(report)
    if locked.is_public:
        return locked
    if code := obstacle(locked):
        raise Fault(code)
    locked.published_at, locked.published_by_label = timezone.now(), actor.label
    locked.save(update_fields=["published_at", "published_by_label"])
    facts = _days(locked) | {"public_sha256": _public_sha256(locked)}
    record(actor, Action.TRANSPARENCY_PUBLISHED, locked, facts)
    return locked


@transaction.atomic
def withdraw_report(*, actor: Actor, report: TransparencyReport) -> TransparencyReport:
    """Take a published report off the public page. Raises Fault."""
    actor.require(Permission.PUBLISH_TRANSPARENCY)
    locked = _locked(report)
    if not locked.is_public:
        raise Fault("transparency_not_published")
    locked.withdrawn_at, locked.withdrawn_by_label = timezone.now(), actor.label
    locked.save(update_fields=["withdrawn_at", "withdrawn_by_label"])
    record(actor, Action.TRANSPARENCY_WITHDRAWN, locked, _days(locked))
    return locked


def obstacle(report: TransparencyReport) -> str:
    """Why a report cannot be published now, as a code of the faults; "" when it can."""
    if report.is_public:
        return "transparency_already_published"
    if report.withdrawn_at is not None:
        return "transparency_withdrawn"
    if report.kind == PeriodKind.OTHER:
        return "transparency_period_not_whole"
    end = report.period.bounds(zone_of(report))[1]
    if report.made_at < datetime.fromisoformat(end):
        return "transparency_period_not_over"
    before = TransparencyReport.objects.filter(published_at__isnull=False).exclude(pk=report.pk)
    same = before.filter(first_day=report.first_day, last_day=report.last_day)
    if same.filter(withdrawn_at=None).exists():
        return "transparency_already_published"
    overlapping = before.filter(first_day__lte=report.last_day, last_day__gte=report.first_day)
    if overlapping.exclude(pk__in=same.values("pk")).exists():
        return "transparency_period_overlaps"
    return ""


@transaction.atomic
def hand_out(
    *, actor: Actor, report: TransparencyReport, file: str, audience: str, data: bytes
) -> bytes:
    """Note that a file of the report leaves the portal; in full only for readers of the record."""
    actor.require(Permission.VIEW_TRANSPARENCY)
    if audience != "public":
        actor.require(Permission.VIEW_RECORD)
    facts = {"file": file, "audience": audience, "sha256": sha256(data).hexdigest()}
    record(actor, Action.TRANSPARENCY_DOWNLOADED, report, facts)
    return data


def zone_of(report: TransparencyReport) -> str:
    """The time zone in which its days were counted."""
    return str(json.loads(report.public_document)["period"]["zone"])


def _locked(report: TransparencyReport) -> TransparencyReport:
    return TransparencyReport.objects.select_for_update().get(pk=report.pk)


def _days(report: TransparencyReport) -> dict[str, str]:
    return {"from": report.first_day.isoformat(), "to": report.last_day.isoformat()}


def _text(document: Document) -> str:
    return rfc8785.dumps(document).decode()


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _public_sha256(report: TransparencyReport) -> str:
    return _sha256(report.public_document)
