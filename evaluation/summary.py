"""The short table that the command prints: a line per figure, a column per engine."""

from typing import Any

from evaluation.rates import text_of

WIDTH = 34


def summary_lines(document: dict[str, Any]) -> list[str]:
    """The most asked for figures with their 95 % intervals."""
    engines = document["engines"]
    source = document["source"]
    rows = [["", *(one["engine"]["label"] for one in engines)]]
    rows += [
        [name, *(cell(one) for one in engines)] for name, cell in _rows(document["plan"], engines)
    ]
    head = f"{source['pictures']} pictures of {source['subjects']} subjects"
    return [head, *("".join(f"{cell:<{WIDTH}}" for cell in row).rstrip() for row in rows)]


def _rows(plan: dict[str, Any], engines: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        ("failure to enrol", lambda one: text_of(one["failures"]["rate"]))
    ]
    if all("cmc" in one["identification"] for one in engines):
        rows += [_hit(n, rank) for n, rank in enumerate(plan["ranks"])]
        rows += [_missed(n, target) for n, target in enumerate(plan["fpir_targets"])]
    if all("roc" in one["verification"] for one in engines):
        rows += [_unmatched(n, target) for n, target in enumerate(plan["fmr_targets"])]
    rows.append(("accuracy, balanced pairs", lambda one: text_of(one["accuracy"]["accuracy"])))
    rows.append(("pictures like another subject", lambda one: _listed(one, "resembling_another")))
    rows.append(("one picture, two subjects", lambda one: _listed(one, "nearly_the_same")))
    rows += [_stage(n, name) for n, name in enumerate(("decode", "detect", "embed", "search"))]
    return rows


def _hit(place: int, rank: int) -> tuple[str, Any]:
    return f"hit rate, rank {rank}", lambda one: text_of(
        one["identification"]["investigation"][place]["hit_rate"]
    )


def _missed(place: int, target: float) -> tuple[str, Any]:
    return f"FNIR at FPIR {target:g}", lambda one: text_of(
        one["identification"]["identification"][place]["fnir"]
    )


def _unmatched(place: int, target: float) -> tuple[str, Any]:
    return f"FNMR at FMR {target:g}", lambda one: text_of(
        one["verification"]["fnmr_at_fmr"][place]["fnmr"]
    )


def _listed(one: dict[str, Any], name: str) -> str:
    return str(len(one["label_errors"][name]))


def _stage(place: int, name: str) -> tuple[str, Any]:
    def cell(one: dict[str, Any]) -> str:
        row = one["speed"][place]
        return f"{row['median_ms']:.2f} ms (p95 {row['p95_ms']:.2f})"

    return name, cell
