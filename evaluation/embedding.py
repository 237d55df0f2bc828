"""Embedding a labelled folder once per engine, in parallel processes."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.faults import EvaluationFault
from evaluation.folder import Indices, Labelled
from evaluation.picture import Embedded, Failed, embed_file, prepare
from searches.recognition import Slot

QUEUED_PER_PROCESS = 4


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates of the pictures that have one, and why the others have none.

    `picture` [templates] is each one's picture, `vectors` [templates, dimension] float32 of length
    1, `qualities` [templates, measures], `thumbnails` [templates, 2, side, side], `times`
    [templates, 3] the milliseconds for decoding, detecting and embedding. `failed` is by picture,
    `hashes` the SHA-256 of every picture's file ("" for one that could not be read).
    """

    picture: Indices
    vectors: NDArray[np.float32]
    qualities: Floats
    thumbnails: NDArray[np.uint8]
    times: Floats
    failed: dict[int, Failed]
    hashes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Embedding:
    """How a folder is embedded."""

    processes: int
    largest: bool


def embed_all(
    labelled: Labelled,
    slot: Slot,
    label: str,
    how: Embedding,
    progress: Callable[[], object],
) -> Templates:
    """Embed every picture. `progress` is called after each.

    Raises EvaluationFault("no_templates") when fewer than two subjects have one.
    """
    results: list[Embedded | Failed] = []
    context = get_context("spawn")
    with ProcessPoolExecutor(how.processes, context, prepare, (slot,)) as pool:
        for result in _in_order(pool, labelled.paths, slot, how):
            results.append(result)
            progress()
    made = [(place, r) for place, r in enumerate(results) if isinstance(r, Embedded)]
    failed = {place: r for place, r in enumerate(results) if isinstance(r, Failed)}
    if len({int(labelled.subject_of[place]) for place, _ in made}) < 2:
        raise _no_templates(label, len(made), len(results), failed)
    return Templates(
        picture=np.array([place for place, _ in made], dtype=np.intp),
        vectors=np.stack([one.vector for _, one in made]),
        qualities=np.array([one.qualities for _, one in made]),
        thumbnails=np.stack([one.thumbnails for _, one in made]),
        times=np.array([(one.decode_ms, one.detect_ms, one.embed_ms) for _, one in made]),
        failed=failed,
        hashes=[result.sha256 for result in results],
    )


def _in_order(
    pool: ProcessPoolExecutor, paths: Sequence[Path], slot: Slot, how: Embedding
) -> Iterator[Embedded | Failed]:
    """Results in the order of `paths`; never more than a few pictures ahead."""
    waiting: deque[Future[Embedded | Failed]] = deque()
    for path in paths:
        waiting.append(pool.submit(embed_file, path, slot, how.largest))
        if len(waiting) >= how.processes * QUEUED_PER_PROCESS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _no_templates(label: str, made: int, files: int, failed: dict[int, Failed]) -> EvaluationFault:
    codes = Counter(failure.code for failure in failed.values()).most_common(1)
    reason = codes[0][0] if codes else "all templates are of one subject"
    return EvaluationFault("no_templates", engine=label, made=made, files=files, reason=reason)
