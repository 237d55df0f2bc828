"""The sums of a measurement, without a database."""

import json
import uuid
from typing import Any

import numpy as np
import pytest

from galleries.score_draws import Tops
from galleries.score_draws import unit as unit_rows
from galleries.score_progress import Progress
from galleries.score_registers import registers_of
from searches.scores.distribution import distribution_of
from searches.scores.drift import shift_between
from searches.template_rows import TemplateBlock


def test_nobody_who_is_searched_for_is_compared() -> None:
    rng = np.random.default_rng(3)
    subjects = [uuid.UUID(int=int(n) + 1) for n in rng.integers(0, 80, 200)]
    images = [uuid.UUID(int=n + 1000) for n in range(200)]
    registers = {image: "AB"[n % 3 == 0] for n, image in enumerate(images)}
    vectors = rng.normal(size=(200, 8)).astype(np.float16)
    plain = vectors.astype(np.float64)
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    chosen = sorted(set(subjects))[:20]
    probes = [subjects.index(subject) for subject in chosen]
    left_out = set(chosen)
    progress = Progress(1, "", 200, 80, [images[n] for n in probes], None, left_out, Tops.of(20))
    for at in range(0, 200, 30):
        to = at + 30
        block = TemplateBlock(images[at:to], subjects[at:to], vectors[at:to])
        progress.compare(unit_rows(vectors[probes]), block, lambda some: registers)
        progress = Progress.from_json(json.loads(json.dumps(progress.as_json())))
    assert progress.position == images[-1]
    found = registers_of(progress.tops, None, 6)
    for name in ("A", "B", "AB"):
        mine = [n for n in range(200) if registers[images[n]] in name]
        rest = [n for n in mine if subjects[n] not in left_out]
        best = (plain[probes] @ plain[rest].T).max(axis=1)
        if name == "AB":
            assert progress.tops.overall() == pytest.approx(best, abs=1e-5)
        else:
            assert found[name]["compared"] == len(rest)
            assert found[name]["similarities"] == pytest.approx(sorted(best), abs=1e-5)


def test_a_shift_is_seen_and_growth_is_none() -> None:
    rng = np.random.default_rng(5)

    def sample(people: int, apart: float = 0) -> Any:
        rare = rng.random(2000) ** (1 / people)
        return distribution_of(0.1 * np.sqrt(-2 * np.log(1 - rare)) + apart, people)

    before = sample(10_000)
    grown = shift_between(before, sample(15_000))
    assert grown is not None
    assert not grown.is_shift
    moved = shift_between(before, sample(10_000, 0.01))
    assert moved is not None
    assert moved.is_shift
    assert moved.after - moved.before == pytest.approx(0.01, abs=0.003)
    chance = [shift_between(sample(10_000), sample(10_000)) for _ in range(30)]
    assert not any(one is None or one.is_shift for one in chance)
