"""Engines side by side: differences on the same pictures, with paired intervals."""

from collections.abc import Sequence
from typing import Any

from evaluation.bootstrap import difference
from evaluation.evaluating import Result


def comparison_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each further engine against the first: difference of every rate, failures as misses.

    Every round draws the same subjects for both, so that the interval is that of the difference;
    one that does not hold 0 is what `differs` says.
    """
    first = results[0]
    return [
        {
            "engine": other.label,
            "against": first.label,
            "differences": [
                _difference(name, first, other) for name in first.drawn if name in other.drawn
            ],
        }
        for other in results[1:]
    ]


def _difference(name: str, first: Result, other: Result) -> dict[str, Any]:
    (value, drawn), (before, drawn_before) = other.drawn[name], first.drawn[name]
    low, high = difference(drawn, drawn_before)
    return {
        "rate": name,
        "difference": float(value - before),
        "low": low,
        "high": high,
        "differs": bool(low > 0 or high < 0),
    }
