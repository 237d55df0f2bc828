"""Waiting for a worker from a command."""

import time
from typing import TypeVar

from searches.models import Job

J = TypeVar("J", bound=Job)

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25


def wait_for(job: J, *, seconds: float) -> J:
    """The job once it is closed. Raises TimeoutError when no worker closes it in time."""
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while job.is_open:
        if time.monotonic() > deadline:
            raise TimeoutError(f"No worker finished it within {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE)
        job.refresh_from_db()
    return job
