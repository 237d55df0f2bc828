"""Whether this process can do its work now, and what is missing.

Liveness asks for nothing but an answer: a database that is away must not have every process killed
and started again. Readiness asks each part for as little as shows that it is there; `doctor` looks
closer. A broker or an engine that is away is said and takes no pages out of service: jobs wait in
the database, and the sweeper rings again.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db import connection

from portal.away import KeyServiceAway
from portal.blobs import blobs
from portal.doctor import database, queue
from portal.masterkeys import is_reachable
from searches.recognition import slots

KEEP_SECONDS = 5.0
"""For so long a process gives the same answer: anybody may ask, and asking costs."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Parts that do not work, by whether pages can do without them."""

    missing: list[str]
    impaired: list[str]


_last: tuple[float, Readiness] | None = None


def readiness() -> Readiness:
    """The state of the parts, at most `KEEP_SECONDS` old."""
    global _last
    if _last is None or time.monotonic() - _last[0] > KEEP_SECONDS:
        _last = (time.monotonic(), Readiness(_not_working(NEEDED), _not_working(USEFUL)))
    return _last[1]


def forget() -> None:
    """Ask anew at the next question."""
    global _last
    _last = None


def _not_working(parts: "dict[str, Callable[[], object]]") -> list[str]:
    return [name for name, check in parts.items() if not _works(check)]


def _works(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception:  # whatever a part that is away raises
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@cache
def _migrations() -> None:
    """Once applied they stay so; an error is not remembered."""
    database.check_migrations()


def _files() -> None:
    """The store takes a file and lets it go."""
    mark = f"0/ready/{uuid.uuid4()}"  # no agency has this number
    blobs().put(mark, b"ready")
    blobs().delete(mark)


def _keys() -> None:
    """Pictures and texts need the master key; its service is asked every 15 s at most."""
    if not is_reachable():
        raise KeyServiceAway


def _engine() -> None:
    """The models can be read; they are not loaded for it."""
    slots()[0].describe()


NEEDED: dict[str, Callable[[], object]] = {
    "database": _database,
    "migrations": _migrations,
    "files": _files,
    "keys": _keys,
}
USEFUL: dict[str, Callable[[], object]] = {"broker": queue.check_broker, "engine": _engine}
