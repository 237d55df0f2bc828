"""The figures of 1:N searches with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.bootstrap import Floats, draws, rate
from evaluation.folder import Indices
from evaluation.metrics_identification import (
    LIST,
    Outcomes,
    false_positive_rates,
    hit_rates,
    miss_rates,
    thresholds_for,
)
from evaluation.plan import Plan
from evaluation.rates import NotMeasured, trials_needed
from evaluation.scoring import STEPS

CURVE = 40  # points of the DET


@dataclass(frozen=True)
class Identification:
    """Values [k] and drawn values [rounds, k] of one engine's searches, and what they are of.

    The columns are the hit rates at ranks 1..LIST, then FNIR at each of `targets`, then FPIR at
    each of `thresholds`, then FNIR at the last of these, the published threshold, if there is one.
    """

    outcomes: Outcomes
    targets: Sequence[float]
    thresholds: Indices
    enrolled_subjects: int
    values: Floats
    drawn: Floats

    @property
    def mated(self) -> tuple[int, int]:
        """Mated searches, and the subjects that they are of."""
        return len(self.outcomes.mates.subject), len(np.unique(self.outcomes.mates.subject))

    @property
    def searches(self) -> tuple[int, int]:
        return len(self.outcomes.subject), len(np.unique(self.outcomes.subject))

    def hit(self, rank: int) -> dict[str, Any]:
        """The hit rate at a rank as JSON, or why it says nothing."""
        if self.enrolled_subjects <= rank:
            why = f"with {self.enrolled_subjects} subjects enrolled, all are among {rank}"
            return NotMeasured(why).as_json()
        return self._rate(rank - 1, self.mated)

    def missed(self, target: float) -> dict[str, Any]:
        """FNIR at the threshold of an FPIR as JSON."""
        return self._rate(self.column(target), self.mated)

    def column(self, target: float) -> int:
        """Where FNIR at an FPIR stands."""
        return LIST + list(self.targets).index(target)

    def false_positive(self, place: int) -> dict[str, Any]:
        return self._rate(LIST + len(self.targets) + place, self.searches)

    def last_missed(self) -> dict[str, Any]:
        return self._rate(len(self.values) - 1, self.mated)

    def _rate(self, column: int, trials: tuple[int, int]) -> dict[str, Any]:
        if trials[0] == 0:
            return NotMeasured("there are no mated searches").as_json()
        return rate(float(self.values[column]), self.drawn[:, column], *trials).as_json()


def identify(
    outcomes: Outcomes, subjects: int, enrolled: int, published: float | None, plan: Plan
) -> Identification:
    """Count, and draw again. `subjects` is how many the folder has, `enrolled` the gallery."""
    targets = (*plan.fpir_targets, *curve_targets(len(outcomes.subject)))
    ones = np.ones(subjects)
    thresholds = thresholds_for(outcomes, ones, targets)
    if published is not None:
        thresholds = np.append(thresholds, round(published * STEPS))

    def statistic(weights: Floats) -> Floats:
        parts = [
            hit_rates(outcomes, weights),
            miss_rates(outcomes, weights, thresholds_for(outcomes, weights, targets)),
            false_positive_rates(outcomes, weights, thresholds),
        ]
        if published is not None:
            parts.append(miss_rates(outcomes, weights, thresholds[-1:]))
        return np.concatenate(parts)

    drawn = draws(statistic, subjects, plan.rounds, plan.seed)
    return Identification(outcomes, targets, thresholds, enrolled, statistic(ones), drawn)


def curve_targets(searches: int) -> list[float]:
    """Where the DET is drawn: FPIR from one search of all to 1, evenly on a logarithmic axis."""
    return [float(value) for value in np.geomspace(1 / max(2, searches), 1, CURVE)]


def identification_json(
    plain: Identification, of_all: Identification, published: float | None, plan: Plan
) -> dict[str, Any]:
    """The figures of the pictures with templates, and those that count failures as misses."""
    return {
        "enrolled_subjects": plain.enrolled_subjects,
        "mated_searches": plain.mated[0],
        "non_mated_searches": plain.searches[0],
        "investigation": [
            {"rank": n, "hit_rate": plain.hit(n), "with_failures": of_all.hit(n)}
            for n in plan.ranks
        ],
        "identification": [_at(plain, of_all, n) for n in range(len(plan.fpir_targets))],
        "published_threshold": _published(plain, published),
        "cmc": [
            {"rank": n, "hit_rate": plain.hit(n)}
            for n in range(1, min(LIST, plain.enrolled_subjects - 1) + 1)
        ],
        "det": [
            {
                "fpir": float(plain.values[LIST + len(plain.targets) + place]),
                "threshold": int(plain.thresholds[place]) / STEPS,
                "fnir": plain.missed(plain.targets[place]),
            }
            for place in range(len(plan.fpir_targets), len(plain.targets))
        ],
    }


def _at(plain: Identification, of_all: Identification, place: int) -> dict[str, Any]:
    target = plain.targets[place]
    needed, there = trials_needed(target), plain.searches[0]
    if there < needed:
        why = NotMeasured(f"{needed} non-mated searches are needed, there are {there}").as_json()
        return {
            "fpir_target": target,
            "threshold": None,
            "fpir": why,
            "fnir": why,
            "with_failures": why,
        }
    return {
        "fpir_target": target,
        "threshold": int(plain.thresholds[place]) / STEPS,
        "fpir": plain.false_positive(place),
        "fnir": plain.missed(target),
        "with_failures": of_all.missed(target),
    }


def _published(plain: Identification, published: float | None) -> dict[str, Any] | None:
    if published is None:
        return None
    return {
        "threshold": published,
        "fpir": plain.false_positive(len(plain.thresholds) - 1),
        "fnir": plain.last_missed(),
    }
