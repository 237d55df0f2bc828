"""Which measure of quality knows what will be missed: curves and ranking with intervals."""

from typing import Any

import numpy as np

from evaluation.bootstrap import Floats, draws
from evaluation.metrics_discard import (
    FRACTIONS,
    START,
    area_ratio,
    discard_counts,
    discard_curve,
    kept_until,
    start_threshold,
)
from evaluation.metrics_verification import Mates
from evaluation.plan import Plan
from evaluation.qualities import QUALITIES
from evaluation.scoring import STEPS

LEAST = 10
"""Missed comparisons below which the order of the measures is chance."""


def discard_json(mates: Mates, qualities: Floats, subjects: int, plan: Plan) -> dict[str, Any]:
    """A curve for each measure, the best one first. `qualities` [pictures, measures]."""
    needed = round(LEAST / START)
    if len(mates.score) < needed:
        why = f"{needed} comparisons within subjects are needed, there are {len(mates.score)}"
        return {"not_measured": why, "start_fnmr": START, "threshold": None, "measures": []}
    threshold = start_threshold(mates)
    measures = [
        _measure(name, mates, qualities[:, place], threshold, subjects, plan)
        for place, name in enumerate(QUALITIES)
    ]
    measures.sort(key=lambda one: (one["area"] is None, one["area"]))
    return {"start_fnmr": START, "threshold": threshold / STEPS, "measures": measures}


def _measure(
    name: str, mates: Mates, quality: Floats, threshold: int, subjects: int, plan: Plan
) -> dict[str, Any]:
    left, missed = discard_counts(mates, kept_until(quality), threshold, subjects)

    def statistic(weights: Floats) -> Floats:
        curve = discard_curve(left, missed, weights)
        return np.append(curve, area_ratio(curve))

    values = statistic(np.ones(subjects))
    drawn = draws(statistic, subjects, plan.rounds, plan.seed)
    bounds = [_bounds(drawn[:, place]) for place in range(len(values))]
    rows = [
        {"discarded": fraction, "fnmr": _known(values[place]), "low": low, "high": high}
        for place, (fraction, (low, high)) in enumerate(zip(FRACTIONS, bounds, strict=False))
    ]
    low, high = bounds[-1]
    return {"name": name, "area": _known(values[-1]), "low": low, "high": high, "curve": rows}


def _bounds(drawn: Floats) -> tuple[float | None, float | None]:
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
