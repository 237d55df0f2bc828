"""Which earlier measurements a new one is compared with, and what is seen.

The last one shows what came at once. What comes slowly is within chance from each measurement to
the next, so the new one is compared with an old one as well, which stands until something has
shifted: the first of all, or the last that was found to have shifted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from galleries.score_registers import shifted_registers
from searches.models import Contract, JobState, ScoreMeasurement
from searches.score_worth import distribution_in
from searches.scores.distribution import Distribution
from searches.scores.drift import Shift, one_of, shift_between


@dataclass(frozen=True, slots=True)
class Seen:
    """`before` is the measurement that `shift` and `registers` compare with; None: the first."""

    before: ScoreMeasurement | None = None
    shift: Shift | None = None
    registers: Mapping[str, Shift] = field(default_factory=dict)

    @property
    def is_shift(self) -> bool:
        return any(one.is_shift for one in (self.shift, *self.registers.values()) if one)


def compared(
    row: ScoreMeasurement, contract: Contract, measured: Distribution, registers: Mapping[str, Any]
) -> Seen:
    """What is seen against the last measurement, or against the old one if only that shows it."""
    earlier = _earlier(row, contract)
    found = [_against(one, measured, registers, len(earlier)) for one in earlier]
    return next((seen for seen in found if seen.is_shift), found[0] if found else Seen())


def _earlier(row: ScoreMeasurement, contract: Contract) -> list[ScoreMeasurement]:
    """The last with the same people (others may differ without any drift), and the old one."""
    done = ScoreMeasurement.objects.filter(
        gallery_id=row.gallery_id, contract=contract, state=JobState.DONE
    ).filter(source_gallery_id=row.source_gallery_id)
    named = done.order_by("-finished_at").defer("similarities", "registers", "tail")
    rows = list(named)
    if not rows:
        return []
    old = next((one for one in rows if one.has_shifted), rows[-1])
    return [ScoreMeasurement.objects.get(pk=pk) for pk in dict.fromkeys([rows[0].pk, old.pk])]


def _against(
    before: ScoreMeasurement, measured: Distribution, registers: Mapping[str, Any], looks: int
) -> Seen:
    shift = shift_between(distribution_in(before), measured)
    within = shifted_registers(before.registers, registers)
    return Seen(
        before,
        one_of(looks, shift) if shift else None,
        {name: one_of(looks, one) for name, one in within.items()},
    )
