"""How the processes of web and workers grow."""

import statistics
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from tests.soak.fleet import Fleet

EVERY = 1.0  # seconds
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Growth:
    """Of all processes of a kind that lived long enough, together; in megabytes."""

    kind: str
    processes: int
    seconds: float
    early: float
    late: float

    @property
    def ratio(self) -> float:
        return self.late / self.early

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.processes} processes that lived {self.seconds:.0f} s on average,"
            f" {self.early:.0f} MB each early and {self.late:.0f} MB late ({self.ratio:.3f})"
        )


class Scales(threading.Thread):
    """Weighs every process that does the work once a second: (age, bytes) by process."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(daemon=True)
        self._fleet = fleet
        self._ending = threading.Event()
        self.weights: dict[tuple[str, int, float], list[tuple[float, float]]] = defaultdict(list)

    def run(self) -> None:
        while not self._ending.wait(EVERY):
            self._weigh("web", self._fleet.web.children())
            for worker in self._fleet.workers:
                self._weigh("worker", worker.children())

    def end(self) -> None:
        self._ending.set()
        self.join()

    def _weigh(self, kind: str, processes: list[psutil.Process]) -> None:
        for process in processes:
            with suppress(psutil.Error):
                born = process.create_time()
                weight = process.memory_info().rss / MEGABYTE
                self.weights[kind, process.pid, born].append((time.time() - born, weight))

    def growths(self, warm_up: float) -> list[Growth]:
        """From the first third of each life after the warm-up to its last third.

        Processes that did not live at least as long again after it are left out.
        """
        found = []
        for kind in ("web", "worker"):
            rows = [
                [one for one in life if one[0] >= warm_up]
                for (what, _, _), life in self.weights.items()
                if what == kind and life[-1][0] >= 2 * warm_up
            ]
            lives = [life for life in rows if len(life) >= 3]
            if lives:
                found.append(_growth(kind, lives))
        return found


def _growth(kind: str, lives: list[list[tuple[float, float]]]) -> Growth:
    thirds = [(life[: len(life) // 3], life[-(len(life) // 3) :], life[-1][0]) for life in lives]
    early = [statistics.median(weight for _, weight in first) for first, _, _ in thirds]
    late = [statistics.median(weight for _, weight in last) for _, last, _ in thirds]
    ages = statistics.mean(age for _, _, age in thirds)
    return Growth(kind, len(lives), ages, statistics.mean(early), statistics.mean(late))
