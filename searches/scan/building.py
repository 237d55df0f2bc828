"""A gallery is read from PostgreSQL, coded, measured, and published at once for all processes."""

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from searches.models import Contract
from searches.scan.budget import make_room, size_of
from searches.scan.codes import encode
from searches.scan.current import caught_up
from searches.scan.files import (
    Key,
    State,
    create,
    folder_of,
    lock,
    mark_used,
    read_state,
    root,
    wipe_folder,
    write_state,
)
from searches.scan.held import ID, TAIL, Held
from searches.scan.holders import register, unregister
from searches.scan.huge_pages import gather
from searches.scan.measuring import Measured, measure
from searches.template_rows import copy_templates
from searches.vectors import count_templates

logger = logging.getLogger(__name__)

BUILDER, WAIT_SECONDS = "builder", 10.0


def build(key: Key) -> State | None:
    """Hold a gallery as it is now in place of what was held; None: another builds, or no room.

    In the scope of the key's agency and in autocommit; some 20 s for 1,000,000 templates.
    """
    with lock(BUILDER) as alone:
        if not alone:
            return None
        _clear()  # of what another one left behind
        dimension = Contract.objects.get(pk=key.contract).dimension
        templates = _count(key)
        if not templates or not make_room(key, size_of(templates, dimension)):
            return None
        token, seen = register(key)
        folder = root() / f".building-{token}"
        try:
            empty = State(token, seen, dimension, 0, 0, 0, 0, None, 0.0, 0, "")
            state = _made(key, folder, empty)
            if state is None:
                return None
            return _published(key, folder, state)
        finally:
            if folder.exists():
                wipe_folder(folder)
            now = read_state(key)
            if now is None or now.token != token:
                unregister(key, token)


def clear_leftovers() -> None:
    """Take away what was being built when its process was killed."""
    with lock(BUILDER) as alone:
        if alone:
            _clear()


def _clear() -> None:
    for left in root().glob(".building-*"):
        wipe_folder(left)
    for folder in root().glob("[0-9]*.*-*/"):
        name, _, token = folder.name.rpartition(".")
        state = read_state(Key.of_name(name))
        if state is None or state.token != token:
            wipe_folder(folder)


def _made(key: Key, folder: Path, state: State) -> State | None:
    """The files of a state, in a folder that nobody looks into; None for an empty gallery."""
    began = time.monotonic()
    folder.mkdir(mode=0o700)
    with create(folder / "ids") as ids, create(folder / "vectors") as vectors:
        rows = copy_templates(
            ids,
            vectors,
            contract_pk=key.contract,
            gallery_id=key.gallery,
            dimension=state.dimension,
            shard=key.shard,
        )
    if not rows:
        return None
    is_huge = gather(folder / "vectors")
    shape = (rows, state.dimension)
    mapped = np.memmap(folder / "vectors", np.float16, "r", shape=shape)
    with create(folder / "codes") as file:
        centroids = encode(mapped, file)
    is_huge &= gather(folder / "codes")
    order = np.argsort(np.fromfile(folder / "ids", ID), kind="stable").astype(np.uint32)
    for name, values in (("centroids", centroids), ("order", order)):
        with create(folder / name) as file:
            file.write(values.tobytes())
    with create(folder / "live") as file:
        file.write(bytes([1]) * rows)
    for name, each in (("tail_vectors", 2 * state.dimension), ("tail_ids", 16), ("tail_live", 1)):
        with create(folder / name) as file:
            file.truncate(TAIL * each)  # takes memory as it fills
    spent, pages = time.monotonic() - began, "huge" if is_huge else "small"
    logger.info("%s: %d templates in %.1f s, %s pages", key.name, rows, spent, pages)
    return replace(state, rows=rows)


def _published(key: Key, folder: Path, state: State) -> State | None:
    """Measured, and then in the place of what was held; what has come since follows."""
    measured = measure(Held(key, state, folder), state)
    state = replace(
        state,
        reranked=measured.reranked,
        recall=measured.recall,
        measured_on=measured.probes,
        measured_at=timezone.now().isoformat(),
    )
    with lock(key.name, WAIT_SECONDS) as alone:
        if not alone:
            return None
        before = read_state(key)
        folder.rename(folder_of(key, state.token))
        write_state(key, state)
        if before is not None:
            wipe_folder(folder_of(key, before.token))
            unregister(key, before.token)
    mark_used(key)
    _tell(key, state, measured)
    found = caught_up(key, beat=True)
    return found[1] if found else None


def _count(key: Key) -> int:
    return count_templates(contract_pk=key.contract, galleries=[key.gallery], shard=key.shard)


def _tell(key: Key, state: State, measured: Measured) -> None:
    values: dict[str, Any] = {"agency": key.agency, "token": state.token}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE searches_scanholder SET built_at = clock_timestamp(),"
            " templates = %(templates)s, measured = %(measured)s::jsonb"
            " WHERE agency_id = %(agency)s AND token = %(token)s::uuid",
            values | {"templates": state.templates, "measured": measured.as_json()},
        )
