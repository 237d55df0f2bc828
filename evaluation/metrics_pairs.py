"""Accuracy on a list of pairs, with the best threshold, as "Labeled Faces in the Wild" asks.

G. Huang, M. Ramesh, T. Berg, E. Learned-Miller, University of Massachusetts TR 07-49 (2007), view
2: for each of the folds, the threshold that decides most of the other folds' pairs rightly decides
those of this one; the accuracy is the mean over the folds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Floats
from evaluation.folder import Indices
from evaluation.metrics_identification import Scores


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Pairs with their similarity, whether they are one person, fold, and who is on them."""

    score: Scores
    same: NDArray[np.bool_]
    fold: Indices
    first_subject: Indices
    second_subject: Indices

    def counted(self, weights: Floats) -> Floats:
        """How much each pair counts, [pairs]: a pair within a subject as often as the subject."""
        one, other = weights[self.first_subject], weights[self.second_subject]
        return np.where(self.first_subject == self.second_subject, one, one * other)


def best_threshold(score: Scores, same: NDArray[np.bool_], counted: Floats) -> int:
    """The threshold T with most pairs decided rightly: "the same" at or above T.

    T is one of the similarities, or one step above the highest; the lowest of equally good ones.
    """
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    right_below = np.concatenate([[0.0], np.cumsum(np.where(same, 0.0, counted)[order])])
    right_above = np.concatenate([[0.0], np.cumsum(np.where(same, counted, 0.0)[order])])
    candidates = np.append(np.unique(ordered), ordered[-1] + 1)
    place = np.searchsorted(ordered, candidates, side="left")
    right = right_below[place] + right_above[-1] - right_above[place]
    return int(candidates[np.argmax(right)])


def fold_accuracies(pairs: ScoredPairs, weights: Floats) -> tuple[Floats, Indices]:
    """Accuracy and threshold of each fold, both [folds]; NaN for a fold in which nothing counts."""
    counted = pairs.counted(weights)
    folds = np.unique(pairs.fold)
    accuracies, thresholds = np.full(len(folds), np.nan), np.zeros(len(folds), np.intp)
    for place, fold in enumerate(folds):
        here = pairs.fold == fold
        others = ~here
        if counted[others].sum() <= 0 or counted[here].sum() <= 0:
            continue
        thresholds[place] = best_threshold(pairs.score[others], pairs.same[others], counted[others])
        right = (pairs.score[here] >= thresholds[place]) == pairs.same[here]
        accuracies[place] = counted[here][right].sum() / counted[here].sum()
    return accuracies, thresholds
