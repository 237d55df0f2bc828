"""Bells for the lanes of an import."""

from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from galleries.models import ImportBatch, ImportLane
from portal.tasks import ring

LANE_TASK = "galleries.tasks.run_import_lane"
CLEAR_TASK = "galleries.tasks.clear_import"


def ring_lanes(batch: ImportBatch) -> None:
    """Wake all lanes of a batch whose stage has just become one that is worked on."""
    ImportLane.objects.filter(batch=batch).update(rung_at=Now())
    for lane in ImportLane.objects.filter(batch=batch).values_list("pk", flat=True):
        ring(LANE_TASK, batch.agency_id, str(lane))


def next_beat(lane_id: UUID, beat: int | None) -> int | None:
    """Take up a bell: the lane's new beat, or None for one that was rung before the last.

    A bell without a beat, as people and the sweeper ring it, always counts. So there is never more
    than one living bell for a lane, however often the sweeper rings.
    """
    lanes = ImportLane.objects.filter(pk=lane_id)
    if beat is not None:
        lanes = lanes.filter(beat=beat)
    if lanes.update(beat=F("beat") + 1, rung_at=Now()) != 1:
        return None
    return ImportLane.objects.values_list("beat", flat=True).get(pk=lane_id)


def ring_again(lane: ImportLane, beat: int) -> None:
    """Have the lane go on behind whatever else waits in the queue."""
    ring(LANE_TASK, lane.agency_id, str(lane.pk), str(beat))
