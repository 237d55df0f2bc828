"""The page of a gallery's measurements: the latest one in words and figures, and how it moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import QuerySet

from galleries.score_chart import score_chart
from portal.charts.scale import number
from portal.charts.shapes import Chart
from searches.error_rates import evaluation_of, rates_in_words
from searches.models import Gallery, JobState, ScoreMeasurement
from searches.score_worth import distribution_in, latest_measurement
from searches.scores import distribution

EARLIER = 10
"""Measurements that are listed."""


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Pictures of a source register at two measurements."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What was found within a source register; `middle` of the similarities, None without any."""

    name: str
    compared: int
    searches: int
    middle: float | None
    shift: Mapping[str, Any]
    """Against `before`; empty: too few searches, or none before."""


@dataclass(frozen=True, slots=True)
class ShownMeasurement:
    """The latest measurement; `before` is the one it is compared with, where they have shifted."""

    row: ScoreMeasurement
    chart: Chart | None
    is_measured: bool
    is_fitted: bool
    fits: str
    least: int
    before: ScoreMeasurement | None
    registers: Sequence[RegisterRow]
    changes: Sequence[SourceChange]
    """Since `before`: registers whose pictures have become more or fewer."""
    threshold: float | None
    """The similarity that the gallery's threshold means now."""

    @property
    def shifted(self) -> list[RegisterRow]:
        """Registers within which strangers are no longer as similar as they were."""
        return [one for one in self.registers if one.shift.get("is_shift")]


def measurement_page(gallery: Gallery) -> ShownMeasurement | None:
    """None: nobody measured this gallery under its engine."""
    row = latest_measurement(gallery.pk, gallery.contract_id)
    if row is None:
        return None
    measured = distribution_in(row)
    wished, tail = gallery.wished_fpir, measured.tail
    before = row.compared_with if row.has_shifted else None
    return ShownMeasurement(
        row=row,
        chart=score_chart(measured, row.subjects),
        is_measured=measured.is_measured,
        is_fitted=measured.is_fitted,
        fits="" if tail is None else number(tail.fits, 2),
        least=distribution.LEAST_SEARCHES,
        before=before,
        registers=_registers(row),
        changes=_changes(before, row) if before is not None else [],
        threshold=None if wished is None else measured.threshold_for(wished, row.subjects),
    )


def under_way(gallery: Gallery) -> ScoreMeasurement | None:
    """The last measurement that was asked for, unless it is done."""
    last = _rows(gallery).order_by("-created_at").first()
    return last if last is not None and last.state != JobState.DONE else None


def earlier(gallery: Gallery) -> list[ScoreMeasurement]:
    """Finished measurements, the newest first, without what was measured."""
    rows = _rows(gallery).filter(state=JobState.DONE).order_by("-finished_at")
    return list(rows.select_related("contract").defer("similarities", "registers")[:EARLIER])


def error_rates(gallery: Gallery) -> list[str]:
    """The measured error rates of the gallery's engine, in words; "not measured" without any."""
    contract = gallery.contract
    return rates_in_words(evaluation_of(contract.contract) if contract is not None else None)


def sources_for(gallery: Gallery) -> "QuerySet[Gallery]":
    """Other galleries whose people can be searched for: under the same engine."""
    if gallery.contract is None:
        return Gallery.objects.none()
    return Gallery.objects.filter(contract=gallery.contract).exclude(pk=gallery.pk)


def _registers(row: ScoreMeasurement) -> list[RegisterRow]:
    return [
        RegisterRow(
            name=name,
            compared=one["compared"],
            searches=len(one["similarities"]),
            middle=median(one["similarities"]) if one["similarities"] else None,
            shift=row.register_shifts.get(name, {}),
        )
        for name, one in sorted(row.registers.items())
    ]


def _changes(before: ScoreMeasurement, after: ScoreMeasurement) -> list[SourceChange]:
    names = sorted({*before.sources, *after.sources})
    found = [
        SourceChange(name, before.sources.get(name, 0), after.sources.get(name, 0))
        for name in names
    ]
    return [one for one in found if one.before != one.after]


def _rows(gallery: Gallery) -> "QuerySet[ScoreMeasurement]":
    return ScoreMeasurement.objects.filter(gallery=gallery)
