"""A list of pairs drawn from a folder, as "Labeled Faces in the Wild" was made: folds that share
no subject, and in each as many pairs of one person as of two.
"""

import numpy as np

from evaluation.folder import Indices, Labelled
from evaluation.pair_list import FOLDS, PairList

IN_FOLD = 300
"""The most pairs of each kind in a fold, as in LFW."""
PICTURES = 50
"""The most pictures of one subject that pairs are made of."""


def draw_pairs(labelled: Labelled, seed: int) -> PairList:
    """Pairs of the pictures of a folder; empty when there are too few subjects for two folds."""
    random = np.random.default_rng([seed, 1])
    repeated = np.flatnonzero(labelled.pictures_of >= 2)
    folds = min(FOLDS, len(repeated) // 2)
    if folds < 2:
        none = np.zeros(0, np.intp)
        return PairList(none, none, none.astype(np.bool_), none)
    single = np.flatnonzero(labelled.pictures_of == 1)
    dealt = np.concatenate([random.permutation(repeated), random.permutation(single)])
    rows: list[tuple[int, int, bool, int]] = []
    for fold in range(folds):
        subjects = np.sort(dealt[fold::folds])
        pictures = {
            int(subject): random.permutation(np.flatnonzero(labelled.subject_of == subject))
            for subject in subjects
        }
        same = _same(list(pictures.values()), random)
        apart = _apart(list(pictures.values()), len(same), random)
        rows += [(a, b, True, fold) for a, b in same] + [(a, b, False, fold) for a, b in apart]
    first, second, same_flag, fold_of = zip(*rows, strict=True)
    whole = (np.array(part, dtype=np.intp) for part in (first, second, fold_of))
    one, other, numbers = whole
    return PairList(one, other, np.array(same_flag), numbers)


def _same(pictures: list[Indices], random: np.random.Generator) -> list[tuple[int, int]]:
    pairs = [
        (int(own[i]), int(own[j]))
        for own in (taken[:PICTURES] for taken in pictures)
        for i in range(len(own))
        for j in range(i + 1, len(own))
    ]
    return [pairs[place] for place in random.permutation(len(pairs))[:IN_FOLD]]


def _apart(
    pictures: list[Indices], wanted: int, random: np.random.Generator
) -> list[tuple[int, int]]:
    """Different pairs of pictures of two subjects: any two subjects alike, then any picture."""
    pairs: dict[tuple[int, int], None] = {}
    for _ in range(20 * wanted):
        if len(pairs) == wanted:
            break
        one, other = random.choice(len(pictures), 2, replace=False)
        a, b = (int(random.choice(pictures[subject])) for subject in (one, other))
        pairs.setdefault((min(a, b), max(a, b)))
    return list(pairs)
