"""A lane's slice of work: a few seconds, then whatever else waits in the queue has its turn."""

import time
from uuid import UUID

from django.conf import settings

from accounts.access import is_working
from galleries.models import ImportBatch, ImportLane, ImportStage
from galleries.services.imports.acts import pause_with
from galleries.services.imports.bells import next_beat, ring_again
from galleries.services.imports.checking import Check, fail
from galleries.services.imports.enrolling import Enrolling
from searches.services import jobs

PACE_KEPT = 40


def run_lane(lane_id: UUID, beat: int | None = None) -> None:
    """Work for one slice on a lane of an import, and ring for the next one.

    While it works it holds the lane's advisory lock: a killed worker loses its session and with
    it the lock, and what the lane had taken is taken up by whoever hears its next bell.
    """
    with jobs.only_one(lane_id) as mine:
        if not mine:
            return
        now = next_beat(lane_id, beat)
        if now is None:
            return
        lane = ImportLane.objects.get(pk=lane_id)
        batch = ImportBatch.objects.select_related("gallery", "register").get(pk=lane.batch_id)
        if _slice(lane, batch):
            ring_again(lane, now)


def _slice(lane: ImportLane, batch: ImportBatch) -> bool:
    """Work until the time is over; whether there is more to do."""
    until = time.monotonic() + settings.IMPORT_SLICE_SECONDS
    if batch.is_worked_on and not is_working(batch.agency_id):
        stop = fail if batch.stage == ImportStage.CHECKING else pause_with
        stop(batch, "agency_suspended")
        return False
    if batch.stage == ImportStage.CHECKING:
        check = Check(lane, batch)
        while more := check.step():
            if time.monotonic() > until:
                break
        return more
    if batch.stage == ImportStage.RUNNING:
        more = Enrolling(lane, batch).run(until)
        _note_pace(lane)
        return more
    return False


def _note_pace(lane: ImportLane) -> None:
    """How many files were done by now, from which pages tell the rate."""
    lane.refresh_from_db()
    lane.pace = [*lane.pace, [round(time.time(), 1), lane.done]][-PACE_KEPT:]
    ImportLane.objects.filter(pk=lane.pk).update(pace=lane.pace)
