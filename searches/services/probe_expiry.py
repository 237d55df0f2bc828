"""Probes that led to nothing: their pictures go after some days, the row and its hash stay.

A probe is unresolved as long as no search was done with it: it has none, or only failed, refused or
expired ones. A search that was done keeps its probe, whatever it brought: that nobody was found is
evidence for the defence as much as a lead is.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.actor import Actor
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import JobState, Probe, ProbeEdit, Search, Stage
from searches.models.stage import CONTENT_GONE
from searches.services.erasing import erase_probe
from searches.services.membership import lock_case

LED_TO_NOTHING = CONTENT_GONE | {Stage.FAILED}


def unresolved(today: date, time_zone: str) -> QuerySet[Probe]:
    """Probes that are to go on this day of the agency, those of held cases among them.

    The days run from the last thing that was done with one: its upload, an edit, the end of a
    search that brought nothing.
    """
    since = _midnight(today - timedelta(days=settings.PROBE_DAYS - 1), time_zone)
    mine = {"agency_id": OuterRef("agency_id"), "probe": OuterRef("pk")}
    searches, edits = Search.objects.filter(**mine), ProbeEdit.objects.filter(**mine)
    return (
        Probe.objects.filter(created_at__lt=since)
        .exclude(file_key="")
        .exclude(state__in=[JobState.QUEUED, JobState.RUNNING])
        .exclude(Exists(searches.exclude(stage__in=LED_TO_NOTHING)))
        .exclude(Exists(searches.filter(stage_since__gte=since)))
        .exclude(Exists(edits.filter(made_at__gte=since)))
    )


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(time_zone))


@transaction.atomic
def expire_probe(*, actor: Actor, probe: Probe, today: date, time_zone: str) -> bool:
    """Remove the pictures of a probe that is still unresolved and whose case is not held."""
    if lock_case(probe.case_id).held_at is not None:
        return False
    locked = Probe.objects.select_for_update().get(pk=probe.pk)
    # Asked again under the lock: somebody may have searched with it meanwhile.
    if not unresolved(today, time_zone).filter(pk=locked.pk).exists():
        return False
    facts = {"case": str(locked.case_id), "sha256": locked.sha256, "days": settings.PROBE_DAYS}
    record(actor, Action.PROBE_EXPIRED, locked, facts)
    return erase_probe(locked.pk)
