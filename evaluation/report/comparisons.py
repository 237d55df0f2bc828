"""Sections about comparisons of two pictures: one to one, and error against discard."""

from typing import Any

from evaluation.rates import text_of
from evaluation.report.parts import Engines, Section, Table, label_of, number, percent
from evaluation.report.plots import Axis, Point, Series, plot

BEST = 6
"""Curves in the plot of error against discard."""


def verification(engines: Engines) -> list[Section]:
    """FNMR at each FMR, and the ROC; nothing where there are no comparisons of both kinds."""
    if any("roc" not in one["verification"] for one in engines):
        return []
    parts = [one["verification"] for one in engines]
    rows = [
        [
            label_of(one),
            f"{row['fmr_target']:g}",
            "" if row["threshold"] is None else f"{row['threshold']:.4f}",
            text_of(row["fnmr"]),
        ]
        for one, part in zip(engines, parts, strict=True)
        for row in part["fnmr_at_fmr"]
    ]
    text = (
        f"{parts[0]['comparisons_within_subjects']} comparisons within subjects and"
        f" {parts[0]['comparisons_between_subjects']} between subjects."
    )
    table = Table(["engine", "FMR", "threshold", "FNMR"], rows)
    title = "Receiver operating characteristic"
    return [Section("One to one", text, [table], _roc(engines), title)]


def _roc(engines: Engines) -> str:
    curves = [
        Series(
            label_of(one),
            [_matched(row) for row in one["verification"]["roc"] if row["fmr"] > 0],
        )
        for one in engines
    ]
    least = min((p.x for one in curves for p in one.points), default=0.001)
    return plot(
        "1 - FNMR over FMR",
        Axis("FMR: comparisons of two people that match", min(least, 0.1), 1, True),
        Axis("1 - FNMR: comparisons of one person that match", 0, 1),
        curves,
        rising=True,
    )


def _matched(row: dict[str, Any]) -> Point:
    rate = row["fnmr"]
    return Point(row["fmr"], 1 - rate["value"], 1 - rate["high"], 1 - rate["low"])


def accuracy(engines: Engines) -> Section:
    """Accuracy over the folds."""
    rows = [
        [
            label_of(one),
            str(one["accuracy"]["pairs"]),
            str(one["accuracy"]["lost"]),
            text_of(one["accuracy"]["accuracy"]),
            text_of(one["accuracy"]["with_failures"]),
        ]
        for one in engines
    ]
    header = ["engine", "pairs", "without template", "accuracy", "failures as errors"]
    return Section(
        "Accuracy on balanced pairs",
        "As for Labeled Faces in the Wild: the threshold that is best on the other folds decides"
        " the pairs of each fold. The pairs are in pairs.csv.",
        [Table(header, rows)],
    )


def discard(engines: Engines) -> list[Section]:
    """Which measure of quality knows what will be missed, an engine at a time."""
    return [_discard(one) for one in engines if one["discard"]["measures"]]


def _discard(one: dict[str, Any]) -> Section:
    measures = one["discard"]["measures"]
    rows = [
        [
            measure["name"],
            number(measure["area"]),
            f"{number(measure['low'])} to {number(measure['high'])}",
            *(percent(row["fnmr"]) for row in measure["curve"][:5]),
        ]
        for measure in measures
    ]
    header = ["measure", "area", "95 %", "all kept", "5 % out", "10 % out", "15 % out", "20 % out"]
    return Section(
        f"Error against discard: {label_of(one)}",
        "The pictures of least quality are left out; which measure makes the misses fall?"
        f" Begins with at most {one['discard']['start_fnmr']:.0%} missed. Area: 0 is best, 1 is no"
        " better than leaving out at random.",
        [Table(header, rows)],
        _falling(measures[:BEST]),
        "Error against discard, the measures that rank best",
    )


def _falling(measures: list[dict[str, Any]]) -> str:
    curves = [
        Series(
            measure["name"],
            [
                Point(row["discarded"], row["fnmr"])
                for row in measure["curve"]
                if row["fnmr"] is not None
            ],
        )
        for measure in measures
    ]
    top = max((p.y for curve in curves for p in curve.points), default=0.0)
    x, y = Axis("pictures left out", 0, 0.5), Axis("FNMR", 0, max(0.01, top))
    return plot("FNMR over the share of pictures left out", x, y, curves)
