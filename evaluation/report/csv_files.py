"""The figures as CSV files, for other programs and for checking them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evaluation.evaluating import Result, Task
from evaluation.scoring import NOTHING, STEPS

Row = Sequence[object]
RATE = ("value", "low", "high")


def write_csv_files(out: Path, task: Task, results: Sequence[Result]) -> None:
    """cmc, det, roc, discard, searches, pairs and label_errors; empty ones have a header alone.

    Names of pictures stand as they are, for programs: pairs.csv can be read again. A spreadsheet
    may take one that begins like a formula for a formula.
    """
    figures = [(result.label, result.json) for result in results]
    _write(out / "cmc.csv", ("engine", "rank", "hit_rate", "low", "high"), _cmc(figures))
    _write(
        out / "det.csv",
        ("engine", "threshold", "fpir", "fnir", "low", "high"),
        _curve(figures, "identification", "det", ("threshold", "fpir"), "fnir"),
    )
    _write(
        out / "roc.csv",
        ("engine", "threshold", "fmr", "fnmr", "low", "high"),
        _curve(figures, "verification", "roc", ("threshold", "fmr"), "fnmr"),
    )
    _write(
        out / "discard.csv",
        ("engine", "measure", "discarded", "fnmr", "low", "high"),
        _discard(figures),
    )
    _write(out / "searches.csv", SEARCH, (row for one in results for row in _searches(task, one)))
    _write(out / "pairs.csv", ("first", "second", "same", "fold"), _pairs(task))
    _write(out / "label_errors.csv", LABEL, _label_errors(figures))


SEARCH = (
    "engine",
    "picture",
    "subject",
    "mated",
    "mate_similarity",
    "rank",
    "other_similarity",
    "other_subject",
    "other_picture",
)
LABEL = (
    "engine",
    "list",
    "picture",
    "subject",
    "other_picture",
    "other_subject",
    "own_similarity",
    "other_similarity",
    "correlation",
    "same_file",
)
Figures = Sequence[tuple[str, dict[str, Any]]]


def _write(path: Path, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _rate(rate: dict[str, Any]) -> list[object]:
    return [rate.get(key) for key in RATE]


def _cmc(figures: Figures) -> Iterable[Row]:
    for label, one in figures:
        for row in one["identification"].get("cmc", []):
            yield [label, row["rank"], *_rate(row["hit_rate"])]


def _curve(figures: Figures, part: str, name: str, keys: Sequence[str], rate: str) -> Iterable[Row]:
    for label, one in figures:
        for row in one[part].get(name, []):
            yield [label, *(row[key] for key in keys), *_rate(row[rate])]


def _discard(figures: Figures) -> Iterable[Row]:
    for label, one in figures:
        for measure in one["discard"]["measures"]:
            for row in measure["curve"]:
                values = (row[key] for key in ("discarded", "fnmr", "low", "high"))
                yield [label, measure["name"], *values]


def _searches(task: Task, result: Result) -> Iterable[Row]:
    if result.searched is None:
        return
    labelled, found = task.labelled, result.searched.found
    outcomes, picture_of = found.outcomes, result.templates.picture
    for place, picture in enumerate(picture_of):
        mated, other = bool(outcomes.mated[place]), picture_of[found.other_picture[place]]
        there = outcomes.other[place] > NOTHING
        yield [
            result.label,
            labelled.names[picture],
            labelled.subjects[labelled.subject_of[picture]],
            int(mated),
            int(outcomes.mate[place]) / STEPS if mated else None,
            int(outcomes.rank[place]) if mated else None,
            int(outcomes.other[place]) / STEPS if there else None,
            labelled.subjects[labelled.subject_of[other]] if there else None,
            labelled.names[other] if there else None,
        ]


def _pairs(task: Task) -> Iterable[Row]:
    pairs, names = task.pairs, task.labelled.names
    for first, second, same, fold in zip(
        pairs.first, pairs.second, pairs.same, pairs.fold, strict=True
    ):
        yield [names[first], names[second], int(same), int(fold)]


def _label_errors(figures: Figures) -> Iterable[Row]:
    for label, one in figures:
        for name, rows in one["label_errors"].items():
            for row in rows:
                yield [label, name, *(row.get(key) for key in LABEL[2:])]
