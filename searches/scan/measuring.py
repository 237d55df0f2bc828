"""How many of the nearest a scan finds, measured against all distances of the gallery itself."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from searches.models import FaceImage
from searches.scan.files import State
from searches.scan.halves import Floats
from searches.scan.held import Held, name_of, uuids_of

LEAST = 0.999
"""A scan that finds less of the nearest is not used."""
PROBES = 200
DEPTHS = (1, 20, 50)
RERANKED = (1000, 2000, 4000, 8000, 16_000)
ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares of the exact `k` nearest pictures that the scan proposes, itself left out.

    `recalls` are by k; `mates` is the share of other pictures of the same subject among the exact
    50 nearest that it proposes, 1.0 where there is none. `reranked` is None where no number of
    pictures that are compared exactly is enough.
    """

    reranked: int | None
    recalls: dict[int, float]
    mates: float
    mates_seen: int
    probes: int
    rows: int

    @property
    def recall(self) -> float:
        """The least of all shares: what is shown, and held to `LEAST`."""
        return min(*self.recalls.values(), self.mates)

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"recall": self.recall})


def measure(held: Held, state: State) -> Measured:
    """Search for some of the gallery's own templates, by codes and exactly.

    In the agency's scope; about 10 s for 1,000,000 rows. Raises as a search does.
    """
    rng = np.random.default_rng(state.rows)
    count = min(PROBES, state.rows)
    chosen = np.sort(rng.choice(state.rows, count, replace=False))
    probes = held.vectors_of(chosen)
    exact = _exact(held, probes, max(DEPTHS) + 1)
    own = [bytes(name) for name in held.images_of(chosen)]
    wanted = [
        [bytes(name) for name in held.images_of(rows[rows >= 0]) if bytes(name) != itself]
        for rows, itself in zip(exact, own, strict=True)
    ]
    mates = _mates_of(uuids_of(held.images_of(chosen)))
    for reranked in RERANKED:
        found = [
            [bytes(name) for name in held.propose(probe, state, reranked).images[: 2 * max(DEPTHS)]]
            for probe in probes
        ]
        made = _compared(reranked, wanted, found, mates, state)
        if made.recall >= LEAST or reranked >= state.rows:
            break
    return made if made.recall >= LEAST else replace(made, reranked=None)


def _mates_of(images: Sequence[UUID]) -> list[set[bytes]]:
    """The other pictures of the subject of each image."""
    subjects = dict(FaceImage.objects.filter(pk__in=images).values_list("pk", "subject_id"))
    theirs: dict[UUID, set[bytes]] = defaultdict(set)
    others = FaceImage.objects.filter(subject_id__in=set(subjects.values()))
    for subject, image in others.values_list("subject_id", "pk"):
        theirs[subject].add(name_of(image))
    return [
        theirs[subjects[image]] - {name_of(image)} if image in subjects else set()
        for image in images
    ]


def _compared(
    reranked: int,
    wanted: Sequence[Sequence[bytes]],
    found: Sequence[Sequence[bytes]],
    mates: Sequence[set[bytes]],
    state: State,
) -> Measured:
    recalls = {depth: _share(wanted, found, depth) for depth in DEPTHS}
    near = [set(some[:50]) & theirs for some, theirs in zip(wanted, mates, strict=True)]
    seen = sum(map(len, near))
    kept = sum(len(some & set(there)) for some, there in zip(near, found, strict=True))
    share = kept / seen if seen else 1.0
    return Measured(reranked, recalls, share, seen, len(wanted), state.rows)


def _share(wanted: Sequence[Sequence[bytes]], found: Sequence[Sequence[bytes]], k: int) -> float:
    """Of the `k` that are nearest, as many as are proposed; equal distances make no difference
    here, for what is proposed is longer than what is asked for."""
    asked = sum(len(some[:k]) for some in wanted)
    there = sum(len(set(a[:k]) & set(b)) for a, b in zip(wanted, found, strict=True))
    return there / asked if asked else 1.0


def _exact(held: Held, probes: Floats, most: int) -> NDArray[np.int64]:
    """The rows [probes, most] with the largest products, the largest first."""
    best = np.full((len(probes), most), -np.inf, np.float32)
    rows = np.full((len(probes), most), -1, np.int64)
    for first, block in held.blocks(ROWS_AT_ONCE):
        products = probes @ block.T
        near = min(most, products.shape[1])
        top = np.argpartition(-products, near - 1, axis=1)[:, :near]
        values = np.concatenate([best, np.take_along_axis(products, top, axis=1)], axis=1)
        places = np.concatenate([rows, top + first], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :most]
        best = np.take_along_axis(values, order, axis=1)
        rows = np.take_along_axis(places, order, axis=1)
    return rows
