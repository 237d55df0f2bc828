"""The lanes of a change of engine: as many as there are worker processes, each a chain of slices.

A slice works for about two seconds and rings for the next, so that searches never wait longer for
a worker. Whoever is killed loses the picture at hand, which the next slice begins again; the
sweeper rings for lanes that have fallen silent.
"""

import time
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.access import is_working
from accounts.actor import Actor, system_actor
from galleries.engine_change_queries import missing_images, progress_of
from galleries.models import ChangeStage, EngineChange
from galleries.models.engine_change import CLEARING
from galleries.services.engine_changes import TASK
from galleries.services.engine_clearing import clear_some, close_if_erased
from galleries.services.engine_embedding import MovedOn, embed_counted
from galleries.services.engine_switching import switch
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from portal.tenancy import current_agency_id
from searches.engines.base import EngineError, FaceEngine
from searches.faults import Fault
from searches.recognition import engine_for
from searches.services.jobs import only_one

SLICE_SECONDS = 2.0
FETCHED = 64
PATIENCE = 0.05  # seconds before asking again for what other lanes have in hand


def ring_lanes(change_id: UUID) -> None:
    """Ring for every lane; one that is at work ignores it."""
    for lane in range(settings.WORKERS):
        ring(TASK, current_agency_id(), str(change_id), str(lane))


def run_slice(change_id: UUID, lane: int) -> None:
    """Work on a change for a while, and ring for the lane's next slice if something is left."""
    with only_one(uuid5(change_id, str(lane))) as alone:
        more = alone and _slice(change_id, lane)
    if more:
        ring(TASK, current_agency_id(), str(change_id), str(lane))


def _slice(change_id: UUID, lane: int) -> bool:
    change = _fresh(change_id)
    if change is None or not is_working(change.agency_id) or close_if_erased(change):
        return False
    EngineChange.objects.filter(pk=change_id).update(rung_at=Now())
    until = time.monotonic() + SLICE_SECONDS
    if change.stage in CLEARING:
        return lane == 0 and clear_some(change, until)
    if not change.is_filling:
        return False
    try:
        return _fill(change, engine_for(change.target.contract), until)
    except (EngineError, Fault) as problem:
        _stop(change, problem.code)
        return False


def _fresh(change_id: UUID) -> EngineChange | None:
    rows = EngineChange.objects.select_related("from_contract", "to_contract")
    return rows.filter(pk=change_id).first()


def _fill(change: EngineChange, used: FaceEngine, until: float) -> bool:
    """Embed what is missing, from where the lanes have been; whether something is left to do."""
    after = change.cursor
    while images := missing_images(change, after, FETCHED):
        done = 0
        for image_id in images:
            now = _fresh(change.pk)
            if now is None or (now.stage, now.asked, now.paused) != (
                change.stage,
                change.asked,
                change.paused,
            ):
                return now is not None and now.is_working
            if time.monotonic() > until:
                EngineChange.objects.filter(pk=change.pk).update(cursor=after)
                return True
            if not now.may_embed(timezone.now()):
                return False  # the sweeper rings again
            try:
                done += embed_counted(change, image_id, used)
            except MovedOn:
                continue  # seen with the next picture
            after = image_id
        if not done:
            time.sleep(PATIENCE)
    if after is not None:  # once more from the beginning, for what was passed over
        EngineChange.objects.filter(pk=change.pk).update(cursor=None)
        return True
    return switch(change, used) if change.asked else _ready(change)


def _ready(change: EngineChange) -> bool:
    with transaction.atomic():
        rows = EngineChange.objects.select_for_update(of=("self",))
        locked = rows.filter(pk=change.pk, stage=ChangeStage.EMBEDDING, paused=False).first()
        if locked is None:
            return False
        locked.stage, locked.ready_at, locked.cursor = ChangeStage.READY, timezone.now(), None
        locked.save()
        progress = progress_of(locked)
        facts = {"gallery": str(locked.gallery_id), "templates": progress.embedded}
        facts |= {"rejected": progress.rejected}
        record(_actor(locked), Action.ENGINE_CHANGE_READY, locked, facts)
    return False


def _stop(change: EngineChange, code: str) -> None:
    """Pause a change whose engine does not work, and say why; a person lets it go on."""
    with transaction.atomic():
        rows = EngineChange.objects.filter(pk=change.pk, stage=change.stage, paused=False)
        if rows.update(paused=True, failure_code=code):
            facts = {"gallery": str(change.gallery_id), "code": code}
            record(_actor(change), Action.ENGINE_CHANGE_STOPPED, change, facts)


def _actor(change: EngineChange) -> Actor:
    return system_actor("engine change", change.agency_id)
