"""The run that removes what has expired: each night of an agency, or when somebody asks for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import rfc8785
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.agency_states import WORKING
from accounts.licensing import local_day
from accounts.models import Agency
from accounts.permissions import Permission
from galleries.expiring import expired, removable, shares
from galleries.models import ErasureCause, ErasureTarget, RetentionRun
from galleries.services.erasing import request_erasure
from galleries.services.holds import held_images
from galleries.services.retention_rules import hold_to_rules
from portal import signing
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import Probe
from searches.services.drafts import discard_old_drafts
from searches.services.probe_expiry import expire_probe, unresolved

KIND, FORMAT = "retention", 1
NIGHT = 1
"""The hour of the agency's day from which on the run of that day is due."""
# Each erasure writes tables anew, so that a night has few of them.
IMAGES_AT_ONCE = 20_000
PROBES_AT_ONCE = 1000
LOCK = 0x5265_7465
"""Runs of one agency wait for each other; the first four letters of what they are."""


def run_due(now: datetime | None = None) -> int:
    """Run for each agency whose night has come and that had no run this day; returns how many.

    Asked every hour: a worker that was down at night makes up for it by day.
    """
    now = now or timezone.now()
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING))
    done = 0
    for agency in agencies:
        with scope(agency.pk):
            done += run_nightly(agency, now) is not None
    return done


def run_nightly(agency: Agency, now: datetime) -> RetentionRun | None:
    """The agency's own run of this day, unless it is too early or was done; in its scope."""
    day = local_day(now, agency.time_zone)
    mine = RetentionRun.objects.filter(day=day, by_hand=False)
    if now.astimezone(ZoneInfo(agency.time_zone)).hour < NIGHT or mine.exists():
        return None
    system = system_actor("retention", agency.pk)
    actor = replace(system, permissions=frozenset({Permission.ERASE}))
    with transaction.atomic():
        _wait_for_others(agency.pk)
        return None if mine.exists() else _run(actor, agency, day, uuid4(), by_hand=False)


def run_by_hand(*, actor: Actor, agency: Agency, submission_key: UUID) -> RetentionRun:
    """Remove now what has expired. Raises Fault when that is nothing.

    The same submission again gives the run that it was the first time.
    """
    actor.require(Permission.ERASE)
    day = local_day(timezone.now(), agency.time_zone)
    with transaction.atomic():
        _wait_for_others(agency.pk)
        before = RetentionRun.objects.filter(submission_key=submission_key).first()
        if before is not None:
            return before
        run = _run(actor, agency, day, submission_key, by_hand=True)
        if not run.images and not run.probes:
            raise Fault("retention_nothing_due")
        return run


def _run(actor: Actor, agency: Agency, day: date, key: UUID, *, by_hand: bool) -> RetentionRun:
    run = RetentionRun(
        day=day,
        by_hand=by_hand,
        submission_key=key,
        started_by_id=actor.user_id,
        started_by_label=actor.label,
        at=timezone.now(),
        shortened=hold_to_rules(),
    )
    found = shares(removable(day))
    held = unresolved(day, agency.time_zone).exclude(case__held_at=None).count()
    run.held = held + expired(day).filter(held_images()).count()
    run.images = sum(one.images for one in found)
    run.erasures = [_erase(actor, run, ids) for ids in _chunks(day)]
    probes = list(_expire_probes(actor, agency, day))
    run.probes = len(probes)
    discard_old_drafts(actor)
    run.document = _document(agency, run, probes) | {
        "galleries": [
            {"gallery": str(s.gallery_id), "register": str(s.register_id), "images": s.images}
            for s in found
        ]
    }
    _sign(actor, run)
    return run


def _chunks(day: date) -> Iterator[list[UUID]]:
    """The pictures to remove, gallery by gallery, as many at once as one erasure takes."""
    rows = removable(day).order_by("gallery_id", "expires_on", "pk")
    chunk: list[UUID] = []
    before: UUID | None = None
    for pk, gallery in list(rows.values_list("pk", "gallery_id")):
        if chunk and (gallery != before or len(chunk) == IMAGES_AT_ONCE):
            yield chunk
            chunk = []
        chunk.append(pk)
        before = gallery
    if chunk:
        yield chunk


def _erase(actor: Actor, run: RetentionRun, ids: list[UUID]) -> UUID:
    """Ask for the erasure of these pictures; what it does, and proves, is its own affair."""
    erasure = request_erasure(
        actor=actor,
        target=ErasureTarget.IMAGES,
        ids=ids,
        cause=ErasureCause.EXPIRED,
        reason=f"Retention is over on {run.day}",
        submission_key=uuid5(run.pk, str(ids[0])),
    )
    return erasure.pk


def _expire_probes(actor: Actor, agency: Agency, day: date) -> Iterator[Probe]:
    due = unresolved(day, agency.time_zone).filter(case__held_at=None).order_by("created_at")
    for probe in due[:PROBES_AT_ONCE]:
        if expire_probe(actor=actor, probe=probe, today=day, time_zone=agency.time_zone):
            yield probe


def _document(agency: Agency, run: RetentionRun, probes: list[Probe]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "agency": agency.pk,
        "run": str(run.pk),
        "day": str(run.day),
        "at": run.at.isoformat(),
        "by_hand": run.by_hand,
        "images": run.images,
        "erasures": [str(pk) for pk in run.erasures],
        "held": run.held,
        "shortened": run.shortened,
        "probe_days": settings.PROBE_DAYS,
        "probes": [{"probe": str(one.pk), "sha256": one.sha256} for one in probes],
    }


def _sign(actor: Actor, run: RetentionRun) -> None:
    signature = signing.sign(KIND, run.document)
    run.key_id, run.signature = signature.key_id, signature.value
    run.save(force_insert=True)
    facts = {
        "by_hand": run.by_hand,
        "images": run.images,
        "probes": run.probes,
        "held": run.held,
        "shortened": run.shortened,
        "erasures": len(run.erasures),
        "sha256": sha256(rfc8785.dumps(run.document)).hexdigest(),
    }
    record(actor, Action.RETENTION_RUN, run, facts)


def _wait_for_others(agency_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, agency_id])
