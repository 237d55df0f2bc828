"""A worker that is killed in the middle of a measurement. Imported by its path: see spawn."""

import os
import signal
from uuid import UUID

import django
from django.apps import apps
from django.db import connection

if not apps.ready:
    django.setup()

from galleries.score_progress import Progress
from galleries.services import score_slices
from galleries.services.score_measuring import measure_scores
from portal import tasks
from portal.tenancy import scope


def measure_and_die(database: str, agency: int, measurement: UUID, slices: int, rows: int) -> None:
    """So many slices of so many pictures, and then kill -9 while the next one compares."""
    connection.settings_dict["NAME"] = database
    tasks._send = lambda task, *args: None
    score_slices.SLICE, score_slices.ROWS = 0.0, rows
    with scope(agency):
        for _slice in range(slices):
            measure_scores(measurement)
        Progress.compare = lambda *args: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        measure_scores(measurement)
