"""The nearest subjects of a held gallery: the scan proposes, PostgreSQL decides.

Of the pictures that are nearest by their codes the exact distance is worked out in this process,
as far as float32 tells. The nearest of these go to PostgreSQL by their ids, which says what each
is, whose it is and how far, by the expression of the exact search. The list is the exact one as
long as no picture that was not asked for can be as near as the last subject on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from searches.scan.current import asking, assumed, caught_up
from searches.scan.files import Key, State, mark_used, read_state
from searches.scan.held import Held, Ids, Proposed, ids_of, uuids_of
from searches.vectors import Hit, half_precision, nearest_among

FIRST = 2
"""Pictures that are asked for at first, for each subject that is wanted."""
DEEP = 20
"""How many times more pictures are compared than lie before the last subject of a list: the share
that is found was measured at that depth (measuring.DEPTHS: 50 of 1,000)."""
ROOM = 1.5
"""Pictures that are expected before the last subject of a list, for each subject on it."""
MOST = 32_000
"""Pictures compared at most; beyond, PostgreSQL compares all of them."""
UNSURE = 1e-4
"""How much a distance may differ from PostgreSQL's: both sum at most 512 products in float32, each
with an error below 6e-8 of the sum of their sizes, which is at most 1."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found, among how many templates, and how it was measured."""

    hits: list[Hit]
    templates: int
    state: State


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: Key
    probe: NDArray[np.float32]
    rounded: NDArray[np.float32]  # as PostgreSQL compares it
    limit: int
    excluded: Ids


def scan(
    key: Key, state: State, probe: NDArray[np.float32], *, limit: int, excluded: Sequence[UUID]
) -> Scanned | None:
    """The list that `nearest_subjects` gives of this gallery; None: it has to be asked.

    `state` is what was read of it just now. In the scope of the key's agency. Raises ValueError
    for a probe that is no template.
    """
    wanted = _Wanted(key, probe, half_precision(probe), limit, ids_of(excluded))
    held = assumed(key, state) if _is_usable(wanted, state) else None
    if held is not None:
        proposed = _proposed(wanted, held, state)
        with asking(key, state) as holds:
            hits = _confirmed(wanted, proposed)
            found = holds()
        if found:
            return _scanned(wanted, held, state, proposed, hits)
    here = caught_up(key)
    if here is None or not _is_usable(wanted, here[1]):
        return None
    proposed = _proposed(wanted, *here)
    return _scanned(wanted, *here, proposed, _confirmed(wanted, proposed))


def _is_usable(wanted: _Wanted, state: State) -> bool:
    return state.reranked is not None and len(wanted.probe) == state.dimension


def _scanned(
    wanted: _Wanted, held: Held, state: State, proposed: Proposed, hits: list[Hit] | None
) -> Scanned | None:
    """The list, after what is needed to be sure of it."""
    deeper = 4
    while hits is None and not proposed.is_all and _depth(wanted, state) * deeper <= MOST:
        proposed = _proposed(wanted, held, state, deeper)
        hits = _confirmed(wanted, proposed)
        deeper *= 4
    after = read_state(wanted.key)
    if hits is None or after is None or after.token != state.token:
        return None  # too deep, or it was taken away meanwhile
    mark_used(wanted.key)
    return Scanned(hits, state.templates - held.count(wanted.excluded, state), state)


def _depth(wanted: _Wanted, state: State) -> int:
    """How many pictures are compared at first."""
    return max(state.reranked or 0, int(wanted.limit * DEEP * ROOM))


def _proposed(wanted: _Wanted, held: Held, state: State, deeper: int = 1) -> Proposed:
    proposed = held.propose(wanted.rounded, state, _depth(wanted, state) * deeper)
    return _without(proposed, wanted.excluded)


def _without(proposed: Proposed, excluded: Ids) -> Proposed:
    if not len(excluded):
        return proposed
    kept = ~np.isin(proposed.images, excluded)
    return Proposed(proposed.images[kept], proposed.distances[kept], proposed.is_all)


def _confirmed(wanted: _Wanted, proposed: Proposed) -> list[Hit] | None:
    """The exact list, or None when more has to be proposed to be sure of it."""
    count, limit = len(proposed.images), wanted.limit
    asked = limit * FIRST
    while True:
        end = _with_equals(proposed, min(asked, count))
        hits = _of(wanted, uuids_of(proposed.images[:end]))[:limit] if end else []
        if end == count and proposed.is_all:
            return hits
        if len(hits) == limit and _is_certain(proposed, -hits[-1].similarity, end):
            return hits
        if end == count:
            return None
        asked *= 4


def _of(wanted: _Wanted, images: Sequence[UUID]) -> list[Hit]:
    key = wanted.key
    return nearest_among(wanted.probe, images, contract_pk=key.contract, gallery_id=key.gallery)


def _with_equals(proposed: Proposed, end: int) -> int:
    """The end of those that may be as near as the last one before `end`."""
    if not end:
        return 0
    last = proposed.distances[end - 1] + 2 * UNSURE
    return int(np.searchsorted(proposed.distances, last, side="right"))


def _is_certain(proposed: Proposed, last: float, end: int) -> bool:
    """Whether nothing after `end`, nor anything not proposed, belongs before the last subject."""
    count = len(proposed.images)
    if end < count and proposed.distances[end] - UNSURE <= last:
        return False
    if proposed.is_all:
        return True
    before = int(np.searchsorted(proposed.distances, last + UNSURE, side="right"))
    return before * DEEP <= count
