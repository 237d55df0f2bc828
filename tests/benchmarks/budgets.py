"""What was promised: a limit for each figure that has one, by the figure's name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that a figure has to keep, from above or from below."""

    limit: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


def _at_most(limit: float) -> Budget:
    return Budget(limit)


def _at_least(limit: float) -> Budget:
    return Budget(limit, at_least=True)


BUDGETS: dict[str, dict[str, Budget]] = {
    "recogniser": {
        "recogniser, one chip at a time": _at_least(8.0),
        "recogniser, 8 chips at a time": _at_least(8.0),
    },
    "vectors": {
        "exact 10,000, p50 ms": _at_most(8.0),
        "exact 10,000, p95 ms": _at_most(12.0),
        "exact 100,000, p50 ms": _at_most(70.0),
        "exact 100,000, p95 ms": _at_most(90.0),
        "recall@50": _at_least(0.999),
        "bytes a template": _at_most(1200.0),
        "storing, templates a second": _at_least(26_000.0),
    },
    "gallery": {
        "exact 1,000,000, p50 ms": _at_most(500.0),
        "exact 1,000,000, p95 ms": _at_most(600.0),
    },
    "scan": {
        "scan 100,000, p50 ms": _at_most(3.0),
        "scan 100,000, recall@50": _at_least(0.999),
        "scan 1,000,000, p50 ms": _at_most(10.0),
        "scan 1,000,000, bare SQL / portal": _at_least(40.0),
        "scan 1,000,000, portal / FAISS by hand": _at_most(1.2),
        "scan 1,000,000, recall@50": _at_least(0.999),
        "scan 1,000,000, recall@50 against float32": _at_least(0.999),
        "scan 1,000,000, changes in the next list, s": _at_most(1.0),
        "bytes a template beside its vector": _at_most(200.0),
    },
    "api": {
        "reads, p95 ms": _at_most(100.0),
        "reads that failed": _at_most(0.0),
        "memory, end against start": _at_most(1.05),
    },
    "load": {
        "pages, p95 ms": _at_most(200.0),
        "pages that failed": _at_most(0.0),
        "searches that failed": _at_most(0.0),
        "searches refused": _at_most(0.0),
        "queue against bare engine": _at_least(0.7),
    },
    "search": {
        "whole search, 1000 px": _at_most(1.15),
        "whole search, 400 px": _at_most(1.15),
        "whole search, 1000 px, CPU time": _at_most(1.15),
        "whole search, 400 px, CPU time": _at_most(1.15),
        "search job, 1000 px": _at_most(1.15),
        "search job, 400 px": _at_most(1.15),
        "queue, p50 ms": _at_most(150.0),
        "queue, p95 ms": _at_most(150.0),
        "ms above 1.15 x bare, 1000 px": _at_most(150.0),
        "ms above 1.15 x bare, 400 px": _at_most(150.0),
    },
    "people": {
        "people_p95_ms": _at_most(100.0),
        "two_switches_p95_ms": _at_most(200.0),
        "log_in_password_p95_ms": _at_most(100.0),
        "log_in_factor_p95_ms": _at_most(100.0),
    },
    "record": {
        "one agency against 50 agencies": _at_least(0.9),
        "recording, % of a search": _at_most(5.0),
    },
    "log": {
        "verification, s": _at_most(60.0),
        "log, newest, p95 ms": _at_most(100.0),
        "log, far back, p95 ms": _at_most(100.0),
        "log, one person, p95 ms": _at_most(100.0),
        "log, one case, p95 ms": _at_most(100.0),
        "log, one action, p95 ms": _at_most(100.0),
        "log, words, p95 ms": _at_most(100.0),
        "log, words nobody wrote, p95 ms": _at_most(100.0),
        "log, a common address, p95 ms": _at_most(100.0),
        "log, person, action and time, p95 ms": _at_most(100.0),
    },
    "enrolment": {
        "enrolment, two processes, 768 px": _at_least(0.9),
        "enrolment, CPU time, 768 px": _at_least(0.9),
        "import, two processes, 768 px": _at_least(0.9),
        "import, memory at the end": _at_most(1.05),
    },
    "home": {
        **{f"home_{who}_p95_ms": _at_most(300.0) for who in ("everything", "analyst")},
        **{f"find_{what}_p95_ms": _at_most(300.0) for what in ("case", "subject", "none")},
        "home_everything_queries": _at_most(25),
        "home_everything_kb": _at_most(200),
    },
}
"""By benchmark, then by figure; vectors, storage, home, load for 2 cores at rest, others ratios."""
