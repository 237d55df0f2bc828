"""The stated rate is true: it lies in the stated interval in as many galleries as is stated.

TEST_CANDOR_SCORE_GALLERIES=100 makes so many galleries of each family (CI: 23, 207 in all).
"""

import os

import numpy as np
import pytest

from searches.scores.distribution import Distribution, distribution_of
from searches.scores.drawing import searches_for
from searches.scores.figure import Basis
from tests.searches.scores.families import FAMILIES, Floats, similarity_at

GALLERIES = int(os.environ.get("TEST_CANDOR_SCORE_GALLERIES", "23"))
RATES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0001]
LEAST = 0.93


@pytest.fixture(autouse=True)
def quick_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searches.scores.tail.ROUNDS", 39)


def test_the_true_rate_lies_in_the_stated_interval(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(20260101)
    inside: dict[str, list[bool]] = {}
    off: list[float] = []
    for name, made in FAMILIES.items():
        for _gallery in range(GALLERIES):
            people = int(10 ** rng.uniform(3, np.log10(200_000)))
            n = searches_for(people)
            family = made(rng, people)
            measured = distribution_of(family.tops(rng, n, people - n), people - n)
            for rate in RATES:
                at = similarity_at(family, rate, people)
                figure = measured.figure_at(at, people)
                assert figure is not None
                inside.setdefault(name, []).append(figure.low <= rate <= figure.high)
                if figure.basis == Basis.FITTED and figure.rate and rate * n >= 2:
                    off.append(figure.rate / rate)
    shares = {name: float(np.mean(held)) for name, held in inside.items()}
    with capsys.disabled():
        print("\nthe true rate was inside the stated 95 % interval:")
        for name, share in shares.items():
            print(f"  {name:12} {share:.3f} of {len(inside[name])}")
        print("  fitted rate / true rate, 5 to 95 %:", np.quantile(off, [0.05, 0.95]).round(2))
    assert min(shares.values()) >= LEAST
    assert 0.8 < np.median(off) < 1.25


def test_it_is_true_of_vectors_too() -> None:
    """Faces in clusters, in 64 dimensions: the rate of 20,000 faces that nobody measured with."""
    held = []
    for seed, people in enumerate((1_000, 3_000, 8_000)):
        rng = np.random.default_rng(seed)
        families = rng.standard_normal((40, 64))
        gallery, strangers = _faces(rng, families, people), _faces(rng, families, 20_000)
        n = searches_for(people)
        measured = distribution_of(_tops(gallery[:n], gallery[n:]), people - n)
        true = np.sort(_tops(strangers, gallery))
        for rate in (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005):
            figure = measured.figure_at(float(np.quantile(true, 1 - rate)), people)
            assert figure is not None
            held.append(figure.low <= rate <= figure.high)
    assert np.mean(held) >= LEAST


def test_too_few_searches_measure_nothing() -> None:
    rng = np.random.default_rng(1)
    assert distribution_of(rng.random(299), 1000).figure_at(0.5, 1000) is None
    assert distribution_of(rng.random(300), 0).figure_at(0.5, 1000) is None
    assert distribution_of(np.array([]), 1000).threshold_for(0.01, 1000) is None


def test_rates_fall_with_similarity_and_grow_with_the_gallery() -> None:
    measured = _measured()
    told = [measured.figure_at(at, 10_000) for at in np.linspace(0.2, 0.9, 300)]
    rates = [0.0 if figure is None or figure.rate is None else figure.rate for figure in told]
    assert rates == sorted(rates, reverse=True)
    sizes = [measured.figure_at(0.55, people) for people in (4_000, 10_000, 100_000)]
    grown = [figure.rate for figure in sizes if figure is not None and figure.rate is not None]
    assert len(grown) == 3
    assert grown == sorted(grown)


def test_what_lies_beyond_is_less_than_can_be_told() -> None:
    figure = _measured().figure_at(0.99, 8_000)
    assert figure is not None
    assert figure.basis == Basis.BEYOND
    assert figure.rate is None
    assert (figure.low, round(figure.high, 5)) == (0.0, 0.00184)  # none of 2,000
    assert figure.least == pytest.approx(0.0001)
    assert figure.is_within(0.001) is True
    assert figure.is_within(0.00001) is None


def test_the_threshold_of_a_rate_is_where_the_figures_pass_it() -> None:
    measured = _measured()
    for rate in (0.1, 0.01, 0.001):
        at = measured.threshold_for(rate, 8_000)
        assert at is not None
        above, below = measured.figure_at(at + 1e-6, 8_000), measured.figure_at(at - 1e-3, 8_000)
        assert above is not None
        assert below is not None
        assert above.is_within(rate)
        assert not below.is_within(rate)
    assert measured.threshold_for(0.00001, 8_000) is None


def _measured() -> Distribution:
    rng = np.random.default_rng(7)
    family = FAMILIES["gaussian"](rng, 10_000)
    return distribution_of(family.tops(rng, 2_000, 8_000), 8_000)


def _faces(rng: np.random.Generator, families: Floats, n: int) -> Floats:
    """Unit vectors around centres, [n, d]."""
    noise = rng.standard_normal((n, families.shape[1]))
    rows = 0.6 * families[rng.integers(0, len(families), n)] + noise
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _tops(probes: Floats, gallery: Floats) -> Floats:
    blocks = [(probes[i : i + 500] @ gallery.T).max(axis=1) for i in range(0, len(probes), 500)]
    return np.concatenate(blocks).astype(np.float64)
