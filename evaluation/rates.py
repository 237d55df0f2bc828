"""A measured rate with its interval, and what is said instead where there is too little data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENOUGH = 3.0
"""A rate is measured from this many times 1 / rate trials on: if none of them had an error, the
true rate is at most that, with 95 % confidence (the "rule of three", ISO/IEC 19795-1)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share 0..1 with its 95 % interval, of `trials` trials that belong to `subjects` people."""

    value: float
    low: float
    high: float
    trials: int
    subjects: int

    def as_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "trials": self.trials,
            "subjects": self.subjects,
        }


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """There is too little data for a rate; `why` says what is missing."""

    why: str

    def as_json(self) -> dict[str, Any]:
        return {"value": None, "not_measured": self.why}


def trials_needed(target: float) -> int:
    """How many trials without an error would show a rate of at most `target`."""
    return max(1, round(ENOUGH / target))


def text_of(rate: Mapping[str, Any] | None, *, percent: bool = True) -> str:
    """A rate of the JSON for people: "1.25 % (0.80 to 1.90)", or "not measured"."""
    if rate is None or rate["value"] is None:
        return "not measured"
    scale = 100.0 if percent else 1.0
    value, low, high = (rate[key] * scale for key in ("value", "low", "high"))
    unit = " %" if percent else ""
    return f"{value:.2f}{unit} ({low:.2f} to {high:.2f})"
