"""Intervals hold the truth about as often as they say, people being what is drawn."""

from functools import partial

import numpy as np
import pytest

from evaluation.bootstrap import Floats, difference, draws, interval, weights_of
from evaluation.metrics_verification import drawn_match_thresholds, false_non_match_rates
from evaluation.rates import text_of, trials_needed
from evaluation.scoring import compare_all
from tests.evaluation.scores import people


def test_each_round_draws_as_many_subjects_and_can_be_repeated() -> None:
    weights = weights_of(40, seed=5, round_number=3)
    assert weights.sum() == 40
    assert (weights == weights_of(40, seed=5, round_number=3)).all()
    assert (weights != weights_of(40, seed=5, round_number=4)).any()


def _share_of_errors(errors: Floats, weights: Floats) -> Floats:
    return np.array([weights @ errors / (5 * weights.sum())])


def test_intervals_of_clustered_errors_hold_the_truth() -> None:
    """120 people of 5 trials each; a person's own rate is drawn from a beta distribution of mean
    0.1, so that errors come together. In 200 repetitions 95 % are 190; three standard errors of
    that are 9, and a percentile interval of so many people is a little narrow."""
    random, held = np.random.default_rng(2), 0
    for repetition in range(200):
        rates = random.beta(0.5, 4.5, 120)
        errors = random.binomial(5, rates).astype(np.float64)
        drawn = draws(partial(_share_of_errors, errors), 120, 200, repetition)
        low, high = interval(float(errors.sum() / 600), drawn[:, 0], 120)
        held += low <= 0.1 <= high
    assert 178 <= held <= 198


def test_no_error_at_all_still_has_an_upper_bound() -> None:
    # Clopper and Pearson: 0 of 60 has the upper bound 1 - 0.025^(1/60).
    reach = 1 - 0.025 ** (1 / 60)
    assert interval(0.0, np.zeros(100), 60) == pytest.approx((0.0, reach))
    assert interval(1.0, np.ones(100), 60) == pytest.approx((1 - reach, 1.0))
    assert interval(0.5, np.full(10, np.nan), 60) == (0.0, 1.0)


def test_subjects_that_are_drawn_twice_weigh_as_if_they_were_there_twice() -> None:
    """FNMR at an FMR from weights equals that of a folder in which the people really stand as
    often as they were drawn: a copy is a stranger to its original only in other pairs."""
    vectors, subject_of = people(12, seed=9)
    mates, strangers = compare_all(vectors, subject_of, 12)
    weights = weights_of(12, seed=1, round_number=0)
    threshold = drawn_match_thresholds(strangers, weights, [0.05])
    drawn = false_non_match_rates(mates, weights, threshold)[0]
    apart, own = [], []
    for score, a, b in zip(
        strangers.score, strangers.first_subject, strangers.second_subject, strict=True
    ):
        apart += [int(score)] * int(weights[a] * weights[b])
    for score, subject in zip(mates.score, mates.subject, strict=True):
        own += [int(score)] * int(weights[subject])
    candidates = sorted({score + 1 for score in apart})
    lowest = next(t for t in candidates if sum(s >= t for s in apart) <= 0.05 * len(apart))
    assert threshold[0] == lowest
    assert drawn == sum(score < lowest for score in own) / len(own)


def test_differences_are_paired() -> None:
    one = np.random.default_rng(1).normal(0.5, 0.1, 1000)
    low, high = difference(one - 0.01, one)
    assert low == pytest.approx(-0.01)
    assert high == pytest.approx(-0.01)


def test_words_for_rates() -> None:
    rate = {"value": 0.0125, "low": 0.008, "high": 0.019}
    assert text_of(rate) == "1.25 % (0.80 to 1.90)"
    assert text_of({"value": None, "not_measured": "too few"}) == "not measured"
    assert trials_needed(0.003) == 1000
