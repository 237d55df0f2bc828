"""What waits for workers over all agencies, out of the rows: the row is the job.

Only kinds, states, codes and counts come out (portal/migrations/0002_queue.py): neither the vendor
nor a dashboard learns whose they are.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from portal.tenancy import platform_scope


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one kind in one state; `age` is that of the oldest, in seconds.

    Held jobs wait for a person; failed ones are those of the last seven days, by code.
    """

    kind: str
    state: str
    code: str
    jobs: int
    age: float


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the clock's work is behind: entries that wait, and seconds of the oldest."""

    name: str
    entries: int
    seconds: float


def open_jobs() -> list[Waiting]:
    """What a worker has to do, or is doing."""
    return _waiting("portal_queue")


def kept_jobs() -> list[Waiting]:
    """What waits for a person, and what has failed in the last seven days."""
    return _waiting("portal_queue_kept")


def lags() -> list[Lag]:
    """Of the record's links and signed heads, and of the nightly retention: the worst agency's."""
    sql = "SELECT name, sum(entries), max(seconds) FROM portal_lags() GROUP BY 1 ORDER BY 1"
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    return [Lag(str(name), int(n), max(0.0, float(late))) for name, n, late in found]


def _waiting(function: str) -> list[Waiting]:
    columns = "kind, job_state, code, sum(jobs), min(oldest)"
    sql = f"SELECT {columns} FROM {function}() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"  # noqa: S608
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute(sql)
        return [
            Waiting(str(kind), str(state), str(code), int(jobs), _age(oldest))
            for kind, state, code, jobs, oldest in cursor.fetchall()
        ]


def _age(since: datetime | None) -> float:
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0
