"""One process of each host keeps what the host holds: a thread beside its jobs.

It builds what searches asked for and codes anew what has changed much, tells the database every few
seconds that the host lives and has seen everything, and so wipes what was erased although nobody
searches. When its process ends another one of the host takes over.
"""

import logging
import os
import shutil
import threading
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection

from portal.tenancy import scope
from searches.scan import budget, files
from searches.scan.building import build, clear_leftovers
from searches.scan.calling import is_surplus
from searches.scan.current import caught_up
from searches.scan.files import Key, NoPlace, State
from searches.scan.held import TAIL
from searches.scan.holders import unregister
from searches.scan.opened import close_stale

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3.0
AGAIN_SECONDS = 60.0
"""A gallery that could not be held is tried again after so long."""
SURPLUS_ROUNDS = 10
KEEPER, STOP_SECONDS = "keeper", 2.0

_BEAT = """
UPDATE searches_scanholder SET beat_at = clock_timestamp()
WHERE agency_id = %(agency)s AND host = %(host)s AND gallery_id = %(gallery)s AND built_at IS NULL
"""


class Keeper:
    """What one host keeps. Galleries are built one at a time, beside the signs of life."""

    def __init__(self) -> None:
        self._again: dict[Key, float] = {}
        self._building: Key | None = None
        self._rounds = 0

    def round(self) -> None:
        """Once through everything that is held or asked for."""
        self._rounds += 1
        for key in files.held():
            with scope(key.agency):
                self._look_after(key)
        close_stale()
        if (building := self._building) is not None:
            _tell_of_building(building)
            return
        clear_leftovers()
        now = time.monotonic()
        for key in files.wanted():
            if self._again.get(key, 0.0) <= now:
                self._again[key] = now + AGAIN_SECONDS
                self._building = key
                threading.Thread(target=self._build, args=[key], daemon=True).start()
                return

    def _look_after(self, key: Key) -> None:
        found = caught_up(key, beat=True)
        if found is None:
            return
        is_erased = not found[1].templates
        # Now and then: who should hold what changes when a host comes or goes.
        if is_erased or (self._rounds % SURPLUS_ROUNDS == 0 and is_surplus(key)):
            budget.evict(key)
        elif _is_worn(found[1]):
            files.want(key)

    def _build(self, key: Key) -> None:
        try:
            _be_nice()
            with scope(key.agency):
                build(key)
        except Exception:  # tried again, if it is asked for
            logger.exception("%s cannot be held", key.name)
        finally:
            files.forget_wish(key)
            connection.close()
            self._building = None


def keep_in_background() -> None:
    """Begin in this process, if it is the first of the host; else wait until it is."""
    if settings.SCAN_MEMORY_BYTES:
        threading.Thread(target=_keep, name="scan keeper", daemon=True).start()


def stop_holding() -> None:
    """Take everything away when the last worker of the host has ended."""
    if not settings.SCAN_MEMORY_BYTES:
        return
    with suppress(NoPlace), files.lock(KEEPER, STOP_SECONDS) as alone:
        if not alone:
            return
        there = [(key, files.read_state(key)) for key in files.held()]
        for key, _ in there:
            files.wipe(key)
        shutil.rmtree(files.root(), ignore_errors=True)
        for key, state in there:  # last: the database may be away
            if state is None:
                continue
            with scope(key.agency):
                unregister(key, state.token)


def _keep() -> None:
    _be_nice()
    while True:
        try:
            with files.lock(KEEPER) as alone:
                keeper = Keeper()
                while alone:
                    close_old_connections()
                    keeper.round()
                    time.sleep(EVERY_SECONDS)
        except NoPlace as error:
            logger.warning("no gallery is held in memory: %s", error)
            return
        except Exception:  # the database is away: it goes on when it is back
            logger.exception("the scan keeper begins anew")
            connection.close()
        time.sleep(EVERY_SECONDS)


def _be_nice() -> None:
    """Searches come first. Of this thread alone, as Linux has it."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _tell_of_building(key: Key) -> None:
    values: dict[str, Any] = {"agency": key.agency, "host": files.host()}
    values |= {"gallery": key.gallery}
    with scope(key.agency), connection.cursor() as cursor:
        cursor.execute(_BEAT, values)


def _is_worn(state: State) -> bool:
    """Whether so much has changed that it is coded anew."""
    return state.tail > TAIL // 2 or state.dead > max(TAIL // 2, state.rows // 5)
