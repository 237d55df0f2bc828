"""The hosts that answer for galleries: who lives, and who holds what.

A host that answers (`manage.py work --scans`) says every few seconds that it lives. Without such
hosts, or on the embedded broker, each host holds what its own searches ask for.
"""

import logging
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from searches.scan import files
from searches.scan.files import Key, NoPlace
from searches.shards import Shard, shards_of

logger = logging.getLogger(__name__)

BEAT_SECONDS, LIVE_SECONDS = 2.0, 10.0
KNOWN_SECONDS = 2.0
"""For so long a process believes what it knows of who lives."""
QUEUE = "candor.scans."

# The name is one host's: another one may take it over only when that one is silent.
_BEAT = """
INSERT INTO searches_scanhost AS h (name, host, memory, beat_at)
VALUES (%(name)s, %(host)s, %(memory)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE
    SET host = excluded.host, memory = excluded.memory, beat_at = excluded.beat_at
    WHERE h.host = excluded.host OR h.beat_at < clock_timestamp() - %(silent)s::interval
"""
_LIVE = """
SELECT name, memory FROM searches_scanhost
WHERE beat_at > clock_timestamp() - %(silent)s::interval ORDER BY name
"""
_HELD = """
SELECT h.shard, h.shards, s.name, h.templates
FROM searches_scanholder h JOIN searches_scanhost s ON s.host = h.host
WHERE h.agency_id = %(agency)s AND h.gallery_id = %(gallery)s AND h.contract_pk = %(contract)s
    AND h.measured->>'reranked' IS NOT NULL
    AND s.beat_at > clock_timestamp() - %(silent)s::interval
ORDER BY h.shards, h.shard, s.name
"""
_SILENT = f"{LIVE_SECONDS} s"


@dataclass(frozen=True, slots=True)
class Host:
    """A host that answers, and how many bytes it may hold."""

    name: str
    memory: int


@dataclass(frozen=True, slots=True)
class Holding:
    """Which live hosts hold each shard of a gallery, all shards of it; and how many templates."""

    hosts: dict[Shard, list[str]]
    templates: int

    @property
    def count(self) -> int:
        return len(self.hosts)


class _Known:
    def __init__(self) -> None:
        self.at = -KNOWN_SECONDS
        self.hosts: list[Host] = []


_known = _Known()


def queue_of(name: str) -> str:
    return f"{QUEUE}{name}"


def is_answering(queues: Any) -> bool:
    """Whether a worker that consumes these queues is one that answers for this host."""
    return queue_of(settings.SCAN_HOST) in queues


def live_hosts() -> list[Host]:
    """The hosts that answer, by name; none on the embedded broker."""
    if not settings.BROKER_URL:
        return []
    if time.monotonic() - _known.at >= KNOWN_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute(_LIVE, {"silent": _SILENT})
            _known.hosts = [Host(name, int(memory)) for name, memory in cursor.fetchall()]
        _known.at = time.monotonic()
    return _known.hosts


def holding_of(key: Key) -> Holding | None:
    """Who holds a gallery, all of it and built; in the least number of shards. In its scope."""
    values: dict[str, Any] = {"agency": key.agency, "gallery": key.gallery}
    values |= {"contract": key.contract, "silent": _SILENT}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        rows = cursor.fetchall()
    by_count: dict[int, dict[Shard, list[str]]] = defaultdict(lambda: defaultdict(list))
    templates: dict[Shard, int] = {}
    for number, count, name, held in rows:
        shard = Shard(number, count)
        by_count[count][shard].append(name)
        templates[shard] = int(held)
    for count, hosts in sorted(by_count.items()):
        if len(hosts) == count:
            return Holding(dict(hosts), sum(templates[shard] for shard in shards_of(count)))
    return None


def answer_in_background() -> None:
    """Tell every few seconds that this host answers, for as long as its process lives."""
    threading.Thread(target=_tell, name="scan host", daemon=True).start()


def leave() -> None:
    """This host answers no longer; when its worker stops."""
    with suppress(NoPlace, DatabaseError), connection.cursor() as cursor:  # it falls silent then
        cursor.execute("DELETE FROM searches_scanhost WHERE host = %s", [files.host()])


def _tell() -> None:
    while True:
        try:
            close_old_connections()
            beat(settings.SCAN_HOST, files.host(), settings.SCAN_MEMORY_BYTES)
        except NoPlace as error:
            logger.warning("this host holds nothing: %s", error)
            return
        except Exception:  # the database is away: it goes on when it is back
            logger.exception("this host could not tell that it answers")
            connection.close()
        time.sleep(BEAT_SECONDS)


def beat(name: str, host: UUID, memory: int) -> None:
    """One sign of life."""
    values: dict[str, Any] = {"name": name, "host": host, "memory": memory, "silent": _SILENT}
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, values)
        if not cursor.rowcount:
            logger.warning("another host is called %s: CANDOR_SCAN_HOST", name)
