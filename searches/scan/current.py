"""Kept to PostgreSQL: what a host holds has seen whatever a search's own snapshot sees.

Triggers note which templates a transaction changed, with its number. A host's `seen` is a snapshot:
what it does not show is asked for, by the images' ids, before each search. In the database stands
the same `seen` for each host: an erasure waits for it, and when the two differ (a database that
was restored) what the host holds is thrown away.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from portal.tenancy import current_agency_id
from searches.scan.files import Key, State, lock, read_state, wipe, write_state
from searches.scan.held import TAIL, Held, TailFull, ids_of, name_of
from searches.scan.holders import unregister
from searches.scan.opened import opened
from searches.template_rows import templates_of_images
from searches.vectors import vector_cursor, vector_pipeline

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2.0

_ASKED = b"""
SELECT pg_current_snapshot()::text,
    (SELECT h.seen FROM searches_scanholder h
        WHERE h.agency_id = %(agency)s AND h.token = %(token)s::uuid),
    ARRAY(SELECT image FROM searches_templatechange c, unnest(c.images) AS image
        WHERE c.agency_id = %(agency)s AND c.gallery_id = %(gallery)s
        AND c.contract_pk = %(contract)s
        AND NOT pg_visible_in_snapshot(c.xid::text::xid8, %(seen)s::pg_snapshot)
        LIMIT %(most)s)
"""
_BEAT = """
UPDATE searches_scanholder
SET seen = %(now)s, beat_at = clock_timestamp(), templates = %(templates)s
WHERE agency_id = %(agency)s AND token = %(token)s::uuid AND seen = %(seen)s
"""


class NotOurs(Exception):
    """What the host holds is not what the database says of it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The snapshot of now; what the database says that is held; whose templates changed since."""

    now: str
    seen: str | None
    images: list[UUID]


def assumed(key: Key, state: State) -> Held | None:
    """What the host holds, as long as `asking` says that this is all; None: ask `caught_up`."""
    try:
        return opened(key, state)
    except (OSError, ValueError, RuntimeError):  # `caught_up` says why
        return None


@contextmanager
def asking(key: Key, state: State) -> Iterator[Callable[[], bool]]:
    """Ask whether nothing was committed since a state, in one trip with all that is asked within.

    Call what is given for the answer.
    """
    with vector_pipeline(), vector_cursor() as cursor:
        _send(cursor, key, state)
        yield lambda: _is_all(_answer(cursor), state)


def caught_up(key: Key, *, beat: bool = False) -> tuple[Held, State] | None:
    """What the host holds of a gallery, with all that was committed before this call.

    None where it holds nothing that can be used. With `beat` the database is told that it lives.
    In the scope of the key's agency.
    """
    state = read_state(key)
    if state is None:
        return None
    try:
        asked = _ask(key, state)
        held = opened(key, state)
        if _is_all(asked, state) and not beat:
            return held, state
        return _catch_up(key)
    except (NotOurs, TailFull, OSError, ValueError, RuntimeError) as error:
        logger.warning("%s is not held any more: %s", key.name, error or type(error).__name__)
        with lock(key.name, WAIT_SECONDS):
            after = read_state(key)
            if after is None or after.token == state.token:
                forget(key)
        return None


def _catch_up(key: Key) -> tuple[Held, State] | None:
    with lock(key.name, WAIT_SECONDS) as alone:
        state = read_state(key)
        if state is None or not alone:
            return None
        asked = _ask(key, state)  # somebody else may have done it meanwhile
        if asked.seen != state.seen:  # under the lock they are the same, or never were
            raise NotOurs("the database says another")
        held = opened(key, state)
        after = _applied(key, held, state, asked.images) if asked.images else state
        after = replace(after, seen=asked.now)
        if not _beat(key, state, after):
            raise NotOurs("the database forgot it")
        write_state(key, after)
        return held, after


def _applied(key: Key, held: Held, state: State, images: list[UUID]) -> State:
    images = [image for image in images if key.shard.has_image(image)]
    current = templates_of_images(images, contract_pk=key.contract, gallery_id=key.gallery)
    by_name = {name_of(image): vector for image, vector in current.items()}
    return held.changed(ids_of(set(images)), state, by_name)


def _ask(key: Key, state: State) -> _Asked:
    """What a state has to be told. Raises TailFull when that is too much."""
    with vector_cursor() as cursor:
        _send(cursor, key, state)
        asked = _answer(cursor)
    if len(asked.images) > TAIL:
        raise TailFull
    return asked


def _send(cursor: "Cursor[Any]", key: Key, state: State) -> None:
    values = _values(key) | {"token": state.token, "seen": state.seen, "most": TAIL + 1}
    cursor.execute(_ASKED, values, prepare=True)  # for every search


def _answer(cursor: "Cursor[Any]") -> _Asked:
    (found,) = cursor.fetchall()
    return _Asked(*found)


def _is_all(asked: _Asked, state: State) -> bool:
    return asked.seen == state.seen and not asked.images


def _beat(key: Key, before: State, after: State) -> bool:
    values = {"seen": before.seen, "now": after.seen, "templates": after.templates}
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, _values(key) | values | {"token": before.token})
        return bool(cursor.rowcount == 1)


def forget(key: Key) -> None:
    """Hold a gallery no longer: the files go first, then the row that says so; under its lock."""
    state = read_state(key)
    wipe(key)
    if state is not None:
        unregister(key, state.token)


def _values(key: Key) -> dict[str, Any]:
    if key.agency != current_agency_id():
        raise NotOurs("another agency's scope")
    return {"agency": key.agency, "contract": key.contract, "gallery": key.gallery}
