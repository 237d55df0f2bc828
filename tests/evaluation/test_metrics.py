"""The metrics equal what is counted one by one, as the definitions read."""

from itertools import product

import numpy as np
import pytest

from evaluation import metrics_discard, metrics_pairs
from evaluation.metrics_identification import (
    Outcomes,
    false_positive_rates,
    hit_rates,
    miss_rates,
    thresholds_for,
)
from evaluation.metrics_pairs import ScoredPairs, fold_accuracies
from evaluation.metrics_verification import (
    Mates,
    drawn_match_thresholds,
    false_match_rates,
    false_non_match_rates,
    match_thresholds,
)
from evaluation.scoring import compare_all, search_all
from tests.evaluation.scores import (
    chance_table,
    mates_of,
    outcomes_by_hand,
    people,
    similarity,
    strangers_of,
    table,
)

TARGETS = (0.5, 0.2, 0.1, 0.05, 0.01)


def test_a_small_table_by_hand() -> None:
    # Five mated searches, and one of a person who is not enrolled.
    found = table(
        [
            *((0, 90, 1, 50), (1, 80, 1, 70), (2, 60, 2, 65), (3, 40, 3, 55), (4, 75, 1, 30)),
            (5, None, None, 72),
        ]
    )
    ones = np.ones(6)
    assert hit_rates(found, ones, 3).tolist() == [3 / 5, 4 / 5, 1.0]
    # At or above 70: the searches of 1 and of 5 bring a stranger.
    assert false_positive_rates(found, ones, [70, 71, 73]).tolist() == [2 / 6, 1 / 6, 0.0]
    assert miss_rates(found, ones, [61], 50).tolist() == [2 / 5]
    assert miss_rates(found, ones, [60], 50).tolist() == [1 / 5]
    assert miss_rates(found, ones, [60], 1).tolist() == [2 / 5]
    # One of six may be a false positive at 1/6: the next one, at 70, is passed by a step.
    assert thresholds_for(found, ones, [1 / 6, 0.1]).tolist() == [71, 73]
    # Whoever is drawn twice counts twice.
    twice = np.array([1.0, 2, 0, 1, 1, 1])
    assert hit_rates(found, twice, 1).tolist() == [4 / 5]
    assert false_positive_rates(found, twice, [70]).tolist() == [3 / 6]


def _fpir(found: Outcomes, weights: list[float], threshold: int) -> float:
    rows = list(zip(found.subject, found.other, strict=True))
    wrong = sum(weights[subject] for subject, other in rows if other >= threshold)
    return float(wrong / sum(weights[subject] for subject, _ in rows))


@pytest.mark.parametrize("seed", range(8))
def test_rates_of_searches_equal_a_count_one_by_one(seed: int) -> None:
    found = chance_table(150, seed)
    weights = [float(n) for n in np.random.default_rng(seed).integers(0, 4, 30)]
    drawn = np.array(weights)
    mates = [
        (weights[subject], mate, rank)
        for subject, mated, mate, rank in zip(
            found.subject, found.mated, found.mate, found.rank, strict=True
        )
        if mated
    ]
    whole = sum(weight for weight, _, _ in mates)
    for rank in range(1, 51):
        by_hand = sum(weight for weight, _, at in mates if at <= rank) / whole
        assert hit_rates(found, drawn)[rank - 1] == pytest.approx(by_hand, abs=1e-15)
    for threshold, most in product(range(-1, 43, 4), (1, 50)):
        missed = sum(w for w, mate, at in mates if mate < threshold or at > most) / whole
        assert miss_rates(found, drawn, [threshold], most)[0] == pytest.approx(missed, abs=1e-15)
        fpir = _fpir(found, weights, threshold)
        assert false_positive_rates(found, drawn, [threshold])[0] == pytest.approx(fpir, abs=1e-15)
    for target, chosen in zip(TARGETS, thresholds_for(found, drawn, TARGETS), strict=True):
        lowest = next(t for t in range(43) if _fpir(found, weights, t) <= target + 1e-12)
        assert chosen == lowest


@pytest.mark.parametrize("enrol", ["all", "first"])
def test_searches_in_blocks_equal_searches_one_by_one(
    enrol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.scoring.BLOCK", 500)  # several blocks
    vectors, subject_of = people(25, seed=3)
    vectors[7] = vectors[0]  # one picture under two subjects: equal similarities
    enrolled = np.ones(len(vectors), np.bool_)
    if enrol == "first":
        enrolled = np.insert(np.diff(subject_of) > 0, 0, True)
    found = search_all(vectors, subject_of, enrolled)
    for place, (mate, rank, other) in enumerate(outcomes_by_hand(vectors, subject_of, enrolled)):
        assert found.outcomes.mated[place] == (mate is not None)
        if mate is not None:
            # A sum in single precision may round to the next step of the grid.
            assert abs(int(found.outcomes.mate[place]) - mate) <= 1
            assert found.outcomes.rank[place] == rank
        assert abs(int(found.outcomes.other[place]) - other) <= 1
        best = found.other_picture[place]
        assert abs(similarity(vectors[place], vectors[best]) - other) <= 1
        assert subject_of[best] != subject_of[place]


def test_comparisons_in_blocks_are_all_comparisons_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.scoring.BLOCK", 500)
    vectors, subject_of = people(20, seed=4)
    mates, strangers = compare_all(vectors, subject_of, 20, kept=100)
    pairs = [(a, b) for a in range(len(vectors)) for b in range(a + 1, len(vectors))]
    apart = sorted(
        (similarity(vectors[a], vectors[b]) for a, b in pairs if subject_of[a] != subject_of[b]),
        reverse=True,
    )
    assert sorted(zip(mates.first, mates.second, strict=True)) == [
        (a, b) for a, b in pairs if subject_of[a] == subject_of[b]
    ]
    assert strangers.total == len(apart)
    kept = strangers.score.tolist()
    assert 90 <= len(kept) <= 100
    assert np.abs(np.array(kept) - apart[: len(kept)]).max() <= 1
    # The weight of all comparisons is the sum of the products, of which most are not kept.
    weights = np.random.default_rng(1).integers(0, 3, 20).astype(np.float64)
    by_hand = sum(
        weights[subject_of[a]] * weights[subject_of[b]]
        for a, b in pairs
        if subject_of[a] != subject_of[b]
    )
    assert strangers.weight(weights) == by_hand


@pytest.mark.parametrize("seed", range(5))
def test_rates_of_comparisons_equal_a_count_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    own, own_subject = random.integers(30, 101, 60).tolist(), random.integers(0, 8, 60).tolist()
    apart, one = random.integers(0, 71, 90).tolist(), random.integers(0, 4, 90).tolist()
    other = random.integers(4, 8, 90).tolist()
    mates, strangers = mates_of(own, own_subject), strangers_of(apart, one, other)
    weights = random.integers(0, 3, 8).astype(np.float64)
    pair_weights = [weights[a] * weights[b] for a, b in zip(one, other, strict=True)]
    for threshold in range(0, 102, 7):
        fmr = sum(score >= threshold for score in apart) / 90
        assert false_match_rates(strangers, [threshold])[0] == pytest.approx(fmr, abs=1e-15)
        whole = sum(weights[s] for s in own_subject)
        fnmr = sum(
            weights[s] for score, s in zip(own, own_subject, strict=True) if score < threshold
        )
        drawn = false_non_match_rates(mates, weights, [threshold])[0]
        assert drawn == pytest.approx(fnmr / whole, abs=1e-15)
    for target in TARGETS:
        lowest = next(t for t in range(102) if sum(s >= t for s in apart) <= target * 90 + 1e-9)
        assert match_thresholds(strangers, [target])[0] == lowest
        allowed = target * sum(pair_weights) + 1e-9
        drawn_lowest = next(
            t
            for t in range(102)
            if sum(w for w, s in zip(pair_weights, apart, strict=True) if s >= t) <= allowed
        )
        assert drawn_match_thresholds(strangers, weights, [target])[0] == drawn_lowest


def test_accuracy_over_folds_equals_trying_every_threshold() -> None:
    random = np.random.default_rng(11)
    same = random.random(120) < 0.5
    score = np.where(same, random.integers(30, 80, 120), random.integers(0, 50, 120))
    fold, subject = np.arange(120) % 5, np.arange(120)
    pairs = ScoredPairs(score.astype(np.int32), same, fold, subject, np.where(same, subject, 0))
    accuracies, thresholds = fold_accuracies(pairs, np.ones(120))
    for number in range(5):
        others = fold != number
        right = {t: ((score[others] >= t) == same[others]).sum() for t in range(82)}
        best = max(right.values())
        assert right[int(thresholds[number])] == best
        here = fold == number
        by_hand = ((score[here] >= thresholds[number]) == same[here]).mean()
        assert accuracies[number] == pytest.approx(by_hand, abs=1e-15)
    assert (
        metrics_pairs.best_threshold(np.array([3, 5], np.int32), np.array([0, 1], bool), np.ones(2))
        == 5
    )


def test_error_against_discard_by_hand() -> None:
    # Ten pictures in pairs; picture n has quality n. Pairs (0,1) and (2,9) are missed.
    first, second = np.array([0, 2, 4, 6, 3]), np.array([1, 9, 5, 7, 8])
    score = np.array([10, 20, 80, 90, 95], np.int32)
    mates = Mates(score, np.arange(5), first, second)
    kept = metrics_discard.kept_until(np.arange(10.0))
    left, missed = metrics_discard.discard_counts(mates, kept, 50, 5, (0.0, 0.1, 0.3, 0.4))
    curve = metrics_discard.discard_curve(left, missed, np.ones(5))
    # Leaving out one picture loses (0,1); three lose (2,9) too; four lose (3,8).
    assert curve.tolist() == [2 / 5, 1 / 4, 0.0, 0.0]
    assert left.sum(axis=0).tolist() == [5, 4, 3, 2]
    falling = np.array([0.4, 0.2, 0.0])
    assert metrics_discard.area_ratio(falling, (0.0, 0.1, 0.2)) == pytest.approx(0.5)
    assert metrics_discard.start_threshold(mates) == 10
