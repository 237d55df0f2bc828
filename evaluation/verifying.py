"""The figures of 1:1 comparisons with their intervals."""

from typing import Any

import numpy as np

from evaluation.bootstrap import Floats, draws, rate
from evaluation.metrics_pairs import ScoredPairs, fold_accuracies
from evaluation.metrics_verification import (
    Mates,
    Strangers,
    drawn_match_thresholds,
    false_match_rates,
    false_non_match_rates,
    match_thresholds,
)
from evaluation.plan import Plan
from evaluation.rates import NotMeasured, Rate, trials_needed
from evaluation.scoring import STEPS

CURVE = 41  # points of the ROC
LEAST_FMR = 1e-7


def verification_json(
    mates: Mates, strangers: Strangers, subjects: int, plan: Plan
) -> dict[str, Any]:
    """FNMR at each FMR, and the ROC."""
    curve = np.geomspace(max(LEAST_FMR, 1 / strangers.total), 1, CURVE)
    targets = [*plan.fmr_targets, *(float(value) for value in curve)]
    thresholds = match_thresholds(strangers, targets)
    rates = false_match_rates(strangers, thresholds)
    ones = np.ones(subjects)
    values = false_non_match_rates(mates, ones, thresholds)
    covered = np.array([strangers.covers(target) for target in targets])

    def statistic(weights: Floats) -> Floats:
        # Where too few comparisons are kept to find the threshold anew, it stays as it is.
        drawn = drawn_match_thresholds(strangers, weights, targets)
        return false_non_match_rates(mates, weights, np.where(covered, drawn, thresholds))

    drawn = draws(statistic, subjects, plan.rounds, plan.seed)
    trials = len(mates.score), len(np.unique(mates.subject))
    points = [
        _point(target, int(at), float(fmr), rate(float(fnmr), drawn[:, place], *trials))
        for place, (target, at, fmr, fnmr) in enumerate(
            zip(targets, thresholds, rates, values, strict=True)
        )
    ]
    return {
        "comparisons_within_subjects": len(mates.score),
        "comparisons_between_subjects": strangers.total,
        "fnmr_at_fmr": [
            _or_not(point, strangers.total) for point in points[: len(plan.fmr_targets)]
        ],
        "roc": points[len(plan.fmr_targets) :],
    }


def _point(target: float, threshold: int, fmr: float, fnmr: Rate) -> dict[str, Any]:
    return {
        "fmr_target": target,
        "threshold": threshold / STEPS,
        "fmr": fmr,
        "fnmr": fnmr.as_json(),
    }


def _or_not(point: dict[str, Any], comparisons: int) -> dict[str, Any]:
    needed = trials_needed(point["fmr_target"])
    if comparisons >= needed:
        return point
    why = f"{needed} comparisons between subjects are needed, there are {comparisons}"
    return point | {"threshold": None, "fmr": None, "fnmr": NotMeasured(why).as_json()}


def accuracy_json(pairs: ScoredPairs, lost: int, subjects: int, plan: Plan) -> dict[str, Any]:
    """Accuracy over the folds of a list. `lost` pairs had a picture without a template."""
    if not len(pairs.score) or len(np.unique(pairs.fold)) < 2:
        why = NotMeasured("pairs of at least two folds are needed").as_json()
        return {"pairs": len(pairs.score), "lost": lost, "accuracy": why, "with_failures": why}
    folds, thresholds = fold_accuracies(pairs, np.ones(subjects))

    def statistic(weights: Floats) -> Floats:
        found, _ = fold_accuracies(pairs, weights)
        return np.array([np.nanmean(found) if np.isfinite(found).any() else np.nan])

    drawn = draws(statistic, subjects, plan.rounds, plan.seed)[:, 0]
    people = len(np.unique(np.concatenate([pairs.first_subject, pairs.second_subject])))
    value, kept = float(np.nanmean(folds)), len(pairs.score) / (len(pairs.score) + lost)
    return {
        "pairs": len(pairs.score),
        "lost": lost,
        "accuracy": rate(value, drawn, len(pairs.score), people).as_json(),
        "with_failures": rate(
            value * kept, drawn * kept, len(pairs.score) + lost, people
        ).as_json(),
        "standard_error": float(np.nanstd(folds, ddof=1) / np.sqrt(len(folds))),
        "folds": [
            {"accuracy": float(share), "threshold": int(threshold) / STEPS}
            for share, threshold in zip(folds, thresholds, strict=True)
        ],
    }
