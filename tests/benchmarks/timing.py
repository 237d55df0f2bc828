"""Times of contestants that take turns, so that a busy machine slows all of them alike."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import psutil  # type: ignore[import-untyped]


def milliseconds(work: Callable[[], object]) -> float:
    """The wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def take_turns(
    contestants: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: int = 2
) -> dict[str, list[float]]:
    """Milliseconds of each contestant, `rounds` of them, every other round in reverse order."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for number in range(warm_up + rounds):
        for name in order:
            spent = milliseconds(contestants[name])
            if number >= warm_up:
                times[name].append(spent)
        order.reverse()
    return times


def median(values: Sequence[float]) -> float:
    return float(np.median(values))


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def cpu_seconds(session: int) -> float:
    """CPU time so far of this process, its ended children and one database session (its pid)."""
    server = psutil.Process(session).cpu_times()
    return sum(os.times()[:4]) + float(server.user + server.system)
