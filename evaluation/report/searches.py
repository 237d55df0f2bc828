"""Sections about searches: investigation and identification."""

from collections.abc import Sequence
from typing import Any

from evaluation.rates import text_of
from evaluation.report.parts import Engines, Section, Table, label_of, rate_point
from evaluation.report.plots import Axis, Series, plot

Parts = Sequence[dict[str, Any]]


def identification(engines: Engines) -> list[Section]:
    """Both modes; nothing for a list of pairs, which has no gallery."""
    if any("cmc" not in one["identification"] for one in engines):
        return []
    parts = [one["identification"] for one in engines]
    return [_investigation(engines, parts), _with_threshold(engines, parts)]


def _investigation(engines: Engines, parts: Parts) -> Section:
    rows = [
        [f"rank {row['rank']}{added}", *(text_of(part["investigation"][n][key]) for part in parts)]
        for key, added in (("hit_rate", ""), ("with_failures", ", failures as misses"))
        for n, row in enumerate(parts[0]["investigation"])
    ]
    return Section(
        "Investigation: is the person on the list?",
        f"{parts[0]['mated_searches']} searches of people who are enrolled, among"
        f" {parts[0]['enrolled_subjects']} subjects, without a threshold: how often the person is"
        " among the first candidates, 1 - FNIR(N, R, 0).",
        [Table(["", *(label_of(one) for one in engines)], rows)],
        _cmc(engines, parts),
        "Cumulative match characteristic",
    )


def _cmc(engines: Engines, parts: Parts) -> str:
    curves = [
        Series(label_of(one), [rate_point(row["rank"], row["hit_rate"]) for row in part["cmc"]])
        for one, part in zip(engines, parts, strict=True)
    ]
    most = max(len(part["cmc"]) for part in parts)
    lowest = min((p.low or 0.0 for one in curves for p in one.points), default=0.0)
    floor = next(start for start in (0.9, 0.5, 0.0) if lowest >= start)
    x = Axis("rank of the person at most", 0, max(2, most))
    return plot("Hit rate over rank", x, Axis("hit rate", floor, 1.0), curves, rising=True)


def _with_threshold(engines: Engines, parts: Parts) -> Section:
    rows = [
        row
        for one, part in zip(engines, parts, strict=True)
        for row in [*_at_targets(label_of(one), part), *_at_published(label_of(one), part)]
    ]
    header = ["engine", "set to", "threshold", "FPIR", "FNIR", "FNIR, failures as misses"]
    return Section(
        "Identification: with a threshold",
        f"{parts[0]['non_mated_searches']} searches, each without the person's own pictures in the"
        " gallery, say how often strangers get a candidate (FPIR). At the threshold for each FPIR,"
        " this share of the searches of enrolled people misses them, FNIR(N, 50, T).",
        [Table(header, rows)],
        _det(engines, parts),
        "Detection error trade-off",
    )


def _at_targets(label: str, part: dict[str, Any]) -> list[list[str]]:
    return [
        [
            label,
            f"FPIR {row['fpir_target']:g}",
            "" if row["threshold"] is None else f"{row['threshold']:.4f}",
            *(text_of(row[key]) for key in ("fpir", "fnir", "with_failures")),
        ]
        for row in part["identification"]
    ]


def _at_published(label: str, part: dict[str, Any]) -> list[list[str]]:
    row = part["published_threshold"]
    if row is None:
        return []
    rates = [text_of(row["fpir"]), text_of(row["fnir"]), ""]
    return [[label, "published threshold", f"{row['threshold']:.4f}", *rates]]


def _det(engines: Engines, parts: Parts) -> str:
    curves = [
        Series(
            label_of(one),
            [rate_point(row["fpir"], row["fnir"]) for row in part["det"] if row["fpir"] > 0],
        )
        for one, part in zip(engines, parts, strict=True)
    ]
    points = [point for one in curves for point in one.points]
    least = min((p.x for p in points), default=0.001)
    floor = min((p.y for p in points if p.y > 0), default=0.01)
    return plot(
        "FNIR over FPIR",
        Axis("FPIR: searches of strangers with a candidate", min(least, 0.1), 1, True),
        Axis("FNIR: searches that miss the person", min(floor, 0.1) / 2, 1, True),
        curves,
    )
