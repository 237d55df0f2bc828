"""What `evaluate` writes equals a second program's figures, on the same scores, in every digit."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evaluation import evaluating
from evaluation.embedding import Embedding, Templates
from evaluation.evaluating import Task, evaluate
from evaluation.folder import Labelled
from evaluation.metrics_discard import FRACTIONS
from evaluation.pair_drawing import draw_pairs
from evaluation.picture import Failed
from evaluation.plan import Plan
from evaluation.qualities import QUALITIES
from tests.evaluation import plain
from tests.evaluation.plain import Folder, digits, drawn, interval, redrawn, shown

SUBJECTS, PICTURES, LOST = 110, 330, 7
ROUNDS, SEED = 40, 5
PUBLISHED = 0.55


@pytest.fixture(scope="module")
def task() -> Task:
    rng = np.random.default_rng(12)
    owner = np.sort(
        np.concatenate([np.arange(SUBJECTS), rng.integers(0, SUBJECTS, PICTURES - 110)])
    )
    paths = [Path(f"{subject:03d}/{n}.jpg") for n, subject in enumerate(owner)]
    names = [f"{subject:03d}" for subject in range(SUBJECTS)]
    labelled = Labelled(Path("/"), paths, [str(path) for path in paths], names, owner)
    plan = Plan(rounds=ROUNDS, seed=SEED, fpir_targets=(0.1, 0.01), fmr_targets=(1e-2, 1e-3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluation.pair_drawing.IN_FOLD", 40)
        pairs = draw_pairs(labelled, SEED)
    return Task(labelled, pairs, False, plan)


@pytest.fixture(scope="module")
def templates(task: Task) -> Templates:
    """Components are multiples of 1/64, so that every product is exact in single precision."""
    rng = np.random.default_rng(13)
    failed = sorted(rng.choice(PICTURES, LOST, replace=False).tolist())
    picture = np.array([n for n in range(PICTURES) if n not in failed], dtype=np.intp)
    owner = task.labelled.subject_of[picture]
    faces = rng.normal(size=(SUBJECTS, 32))[owner] + 0.62 * rng.normal(size=(len(owner), 32))
    faces *= 0.97 / np.linalg.norm(faces, axis=1, keepdims=True)
    codes = ["no_face", "no_face", "several_faces", "several_faces", "several_faces", "x", "x"]
    return Templates(
        picture=picture,
        vectors=(np.rint(faces * 64) / 64).astype(np.float32),
        qualities=rng.integers(0, 60, (len(owner), len(QUALITIES))).astype(np.float64),
        thumbnails=np.zeros((len(owner), 2, 4, 4), np.uint8),
        times=np.ones((len(owner), 3)),
        failed={n: Failed(code, code) for n, code in zip(failed, codes, strict=True)},
        hashes=[str(n) for n in range(PICTURES)],
    )


@pytest.fixture(scope="module")
def folder(task: Task, templates: Templates) -> Folder:
    owner = task.labelled.subject_of
    lost = [int(owner[picture]) for picture in templates.failed]
    return Folder.of(templates.vectors, owner[templates.picture].tolist(), lost)


def evaluated(task: Task, templates: Templates) -> dict[str, Any]:
    contender: Any = SimpleNamespace(label="plain", slot=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluating, "embed_all", lambda *args: templates)
        patch.setattr(evaluating, "_engine_json", lambda one: {"published_threshold": PUBLISHED})
        return evaluate(task, contender, Embedding(1, False), lambda: None).json


@pytest.fixture(scope="module")
def found(task: Task, templates: Templates) -> dict[str, Any]:
    return evaluated(task, templates)


def expected(value: float, values: list[float], people: int) -> tuple[str, str, str]:
    low, high = interval(value, values, people)
    return shown(value), shown(low), shown(high)


def test_searches(found: dict[str, Any], folder: Folder) -> None:
    one = folder.searches()
    every = folder.with_failures(one)
    rounds = drawn(ROUNDS, SEED, SUBJECTS)
    told = found["identification"]
    people = len({row[0] for row in one if row[1] is not None})
    for row in told["investigation"]:
        rank = row["rank"]
        value = plain.hit_rate(one, rank)
        values = [plain.hit_rate(redrawn(one, again), rank) for again in rounds]
        assert row["hit_rate"]["value"] == pytest.approx(value, abs=1e-12)
        assert digits(row["hit_rate"]) == expected(value, values, people)
        value = plain.hit_rate(every, rank)
        assert row["with_failures"]["value"] == pytest.approx(value, abs=1e-12)
    for row in told["identification"]:
        target = row["fpir_target"]
        threshold = plain.lowest([search[3] for search in one], target)
        assert round(row["threshold"] * 1e6) == threshold
        assert row["fpir"]["value"] == pytest.approx(plain.fpir(one, threshold), abs=1e-12)
        value = plain.fnir(one, threshold)
        values = [plain.missed(redrawn(one, again), target) for again in rounds]
        assert row["fnir"]["value"] == pytest.approx(value, abs=1e-12)
        assert digits(row["fnir"]) == expected(value, values, people)
        assert row["with_failures"]["value"] == pytest.approx(
            plain.missed(every, target), abs=1e-12
        )
    published = told["published_threshold"]
    at = round(PUBLISHED * 1e6)
    assert published["fpir"]["value"] == pytest.approx(plain.fpir(one, at), abs=1e-12)
    assert published["fnir"]["value"] == pytest.approx(plain.fnir(one, at), abs=1e-12)
    values = [plain.fpir(redrawn(one, again), at) for again in rounds]
    assert digits(published["fpir"]) == expected(
        plain.fpir(one, at), values, len({row[0] for row in one})
    )
    assert 0.02 < plain.missed(one, 0.01) < 0.9, "there is something to count"


def test_comparisons(found: dict[str, Any], folder: Folder) -> None:
    pairs = folder.pairs()
    own = [(folder.owner[a], folder.scores[a][b]) for a, b in pairs if folder.is_one((a, b))]
    apart = [pair for pair in pairs if not folder.is_one(pair)]
    scores = np.array([folder.score(pair) for pair in apart])
    ends = np.array([(folder.owner[a], folder.owner[b]) for a, b in apart])
    told = found["verification"]
    assert told["comparisons_within_subjects"] == len(own)
    assert told["comparisons_between_subjects"] == len(apart)
    for row in told["fnmr_at_fmr"]:
        target = row["fmr_target"]
        threshold = plain.lowest(scores.tolist(), target)
        assert round(row["threshold"] * 1e6) == threshold
        assert row["fmr"] == pytest.approx((scores >= threshold).mean(), abs=1e-12)
        value = sum(score < threshold for _who, score in own) / len(own)
        values = []
        for again in drawn(ROUNDS, SEED, SUBJECTS):
            times = np.bincount(again, minlength=SUBJECTS)
            # A comparison of two people stands there as often as both were drawn.
            there = np.repeat(scores, times[ends[:, 0]] * times[ends[:, 1]])
            at = plain.lowest(there.tolist(), target)
            mine = [score for who in again for owner, score in own if owner == who]
            values.append(sum(score < at for score in mine) / len(mine))
        assert row["fnmr"]["value"] == pytest.approx(value, abs=1e-12)
        people = len({who for who, _score in own})
        assert digits(row["fnmr"]) == expected(value, values, people)


def rows_of(task: Task, templates: Templates, folder: Folder) -> list[tuple[int, bool, int]]:
    """Similarity, whether one person, and fold of each pair whose pictures both have a template."""
    place = {picture: n for n, picture in enumerate(templates.picture.tolist())}
    listed = zip(*(part.tolist() for part in vars_of(task)), strict=True)
    return [
        (folder.scores[place[a]][place[b]], same, fold)
        for a, b, same, fold in listed
        if a in place and b in place
    ]


def vars_of(task: Task) -> tuple[Any, ...]:
    pairs = task.pairs
    return pairs.first, pairs.second, pairs.same, pairs.fold


def test_accuracy_of_a_list_of_pairs(task: Task, templates: Templates, folder: Folder) -> None:
    rows = rows_of(task, templates, folder)
    listed = evaluated(replace(task, only_pairs=True), templates)
    told = listed["accuracy"]
    lost = len(task.pairs.same) - len(rows)
    assert lost > 0
    assert (told["pairs"], told["lost"]) == (len(rows), lost)
    by_fold = [
        plain.fold_accuracy(rows, fold, lambda scores: [*scores, scores[-1] + 1])
        for fold in range(10)
    ]
    assert [one["accuracy"] for one in told["folds"]] == pytest.approx(by_fold, abs=1e-12)
    value = sum(by_fold) / 10
    assert shown(told["accuracy"]["value"]) == shown(value)
    kept = len(rows) / (len(rows) + lost)
    assert told["with_failures"]["value"] == pytest.approx(value * kept, abs=1e-12)
    assert told["standard_error"] == pytest.approx(np.std(by_fold, ddof=1) / 10**0.5, abs=1e-12)
    # FNMR and FMR of a list are those of its lines.
    own = [score for score, same, _fold in rows if same]
    apart = [score for score, same, _fold in rows if not same]
    row = listed["verification"]["fnmr_at_fmr"][0]
    at = plain.lowest(apart, row["fmr_target"])
    value = sum(score < at for score in own) / len(own)
    assert row["fnmr"]["value"] == pytest.approx(value, abs=1e-12)
    assert listed["identification"]["value"] is None


def test_failures_to_enrol(found: dict[str, Any], task: Task, folder: Folder) -> None:
    told = found["failures"]
    owner = task.labelled.subject_of.tolist()
    assert (told["pictures"], told["templates"]) == (PICTURES, PICTURES - LOST)
    values = []
    for again in drawn(ROUNDS, SEED, SUBJECTS):
        there = [who for one in again for who in owner if who == one]
        lost = [who for one in again for who in folder.failed if who == one]
        values.append(len(lost) / len(there))
    assert digits(told["rate"]) == expected(LOST / PICTURES, values, SUBJECTS)
    reasons = {row["code"]: row["pictures"] for row in told["reasons"]}
    assert reasons == {"several_faces": 3, "no_face": 2, "x": 2}
    assert len(told["listed"]) == LOST


def test_error_against_discard(found: dict[str, Any], templates: Templates, folder: Folder) -> None:
    told = {one["name"]: one for one in found["discard"]["measures"]}
    for place, name in list(enumerate(QUALITIES))[:4]:
        quality = templates.qualities[:, place].tolist()
        curve = plain.discard(folder, quality, FRACTIONS)
        assert [row["fnmr"] for row in told[name]["curve"]] == pytest.approx(curve, abs=1e-12)
        area = (curve[0] / 2 + sum(curve[1:4]) + curve[4] / 2) * 0.05 / (0.2 * curve[0])
        assert told[name]["area"] == pytest.approx(area, abs=1e-9)
    areas = [one["area"] for one in found["discard"]["measures"]]
    assert areas == sorted(areas), "the best first"
