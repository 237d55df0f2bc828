"""The hygiene report: what was looked for, from where on, and how much was found."""

from collections.abc import Mapping
from dataclasses import dataclass

from galleries.models import HygieneRun, ReviewKind


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of finding. `threshold` is None where it was not looked for, or needs none."""

    kind: str
    label: str
    found: int
    open: int
    threshold: float | None
    is_relative: bool
    """Found by comparing two similarities of the picture."""


def report_of(run: HygieneRun | None, open_items: Mapping[str, int]) -> list[Row]:
    if run is None:
        return []
    return [
        Row(
            kind.value,
            str(kind.label),
            run.counts.get(kind.value, 0),
            open_items.get(kind.value, 0),
            run.thresholds.get(kind.value),
            kind == ReviewKind.CLOSER,
        )
        for kind in ReviewKind
        if kind != ReviewKind.HELD
    ]
