"""How long each stage takes, in milliseconds of wall clock per picture or search."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.embedding import Templates
from evaluation.folder import Indices

SEARCHES = 200
STAGES = ("decode", "detect", "embed")


def speed_json(templates: Templates, subject_of: Indices) -> list[dict[str, Any]]:
    """Median and 95th percentile of each stage, and of a search of all templates of the folder.

    The first three were measured in the worker processes while the others worked too; a search
    compares one template with all, takes the best picture of each subject and sorts the first 50.
    """
    rows = [_stage(name, templates.times[:, place]) for place, name in enumerate(STAGES)]
    return [*rows, _stage("search", _search_times(templates.vectors, subject_of))]


def _stage(name: str, times: Floats) -> dict[str, Any]:
    median, late = np.quantile(times, [0.5, 0.95])
    return {
        "stage": name,
        "median_ms": round(float(median), 3),
        "p95_ms": round(float(late), 3),
        "measured": len(times),
    }


def _search_times(vectors: NDArray[np.float32], subject_of: Indices) -> Floats:
    order = np.argsort(subject_of, kind="stable")
    gallery = vectors[order]
    starts = np.unique(subject_of[order], return_index=True)[1]
    chosen: Sequence[int] = range(0, len(vectors), max(1, len(vectors) // SEARCHES))
    times = []
    for probe in chosen[:SEARCHES]:
        began = perf_counter()
        best = np.maximum.reduceat(gallery @ vectors[probe], starts)
        np.argsort(-best, kind="stable")[:50]
        times.append((perf_counter() - began) * 1000)
    return np.array(times)
