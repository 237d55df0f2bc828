"""Erasing probes: with them goes every search that stands on them."""

from django.db import transaction

from accounts.actor import Actor
from galleries.models import Erasure
from searches.models import JobState, Probe, Search, Stage
from searches.models.stage import CONTENT_GONE
from searches.services import jobs
from searches.services.erasing import erase_content, erase_probe, require_no_hold
from searches.services.metering import give_back
from searches.services.stages import enter, locked_search

OPEN = (JobState.HELD, JobState.QUEUED, JobState.RUNNING)


def empty_probes(actor: Actor, erasure: Erasure) -> None:
    """Erase the searches of each probe, then what is left of the probe. Raises Fault."""
    for pk in erasure.target_ids:
        probe = Probe.objects.select_related("case").get(pk=pk)
        for search in probe.searches.exclude(stage__in=CONTENT_GONE).order_by("pk"):
            _erase_search(actor, erasure, search)
        _erase_rest(erasure, probe)
    _count(erasure, "probes", len(erasure.target_ids))


@transaction.atomic
def _erase_search(actor: Actor, erasure: Erasure, search: Search) -> None:
    jobs.hold(erasure)
    erase_search(actor, search)
    _count(erasure, "searches", erasure.counts.get("searches", 0) + 1)


def erase_search(actor: Actor, search: Search) -> None:
    """Bring a search to its end and erase its content, in the open transaction. Raises Fault."""
    locked = locked_search(search)
    require_no_hold(locked)
    waits = locked.stage == Stage.AWAITING_AUTHORIZATION
    stage = Stage.EXPIRED if waits else Stage.ERASED
    if locked.state in OPEN:
        # A worker that has it finds its claim gone when it finishes.
        enter(locked, stage, claim=None, state=JobState.FAILED, failure_code="content_erased")
        give_back(locked)
    else:
        enter(locked, stage)
    erase_content(actor, locked, cause="erased")


@transaction.atomic
def _erase_rest(erasure: Erasure, probe: Probe) -> None:
    jobs.hold(erasure)
    erase_probe(probe.pk)


def _count(erasure: Erasure, name: str, number: int) -> None:
    erasure.counts[name] = number
    Erasure.objects.filter(pk=erasure.pk).update(counts=erasure.counts)
