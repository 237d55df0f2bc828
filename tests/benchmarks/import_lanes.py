"""A lane of an import in a process of its own, which sets Django up by itself before it begins."""

import os
import time
from dataclasses import dataclass
from uuid import UUID

import psutil  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one worker process held after so many pictures of its own."""

    pictures: int
    rss: int


def prepare() -> None:
    """What Celery does in each of its processes: Django and one engine, before the first task."""
    import django

    django.setup()
    from portal import tasks
    from searches.recognition import engine

    tasks._send = lambda task, *args: None  # the lane goes on by itself
    engine()


def work(agency_id: int, lane_id: UUID) -> list[Mark]:
    """Slice after slice, as the queue would ring for them."""
    from galleries.models import ImportLane
    from galleries.services.imports.lanes import run_lane
    from portal.tenancy import scope

    me, marks = psutil.Process(os.getpid()), []
    with scope(agency_id):
        while True:
            run_lane(lane_id)
            lane = ImportLane.objects.select_related("batch").get(pk=lane_id)
            marks.append(Mark(lane.done, me.memory_info().rss))
            if not lane.batch.is_worked_on:
                return marks
            if len(marks) > 1 and marks[-1].pictures == marks[-2].pictures:
                time.sleep(0.2)  # the other lane has the last file
