"""What a measurement says of each source register, and which of them have shifted. No models.

A register is measured within itself: faces of its own pictures among the pictures of other people
in it, so that what comes to one register does not look as if it had come to another. People of
another gallery are searched for in each register.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from galleries.score_draws import Tops
from searches.scores.distribution import Distribution
from searches.scores.drift import Shift, register_shifts

MOST = 500
"""Faces of one register whose similarities are kept."""
Registers = dict[str, Any]


def registers_of(tops: Tops, of: Sequence[str] | None, digits: int) -> Registers:
    """By name: `similarities` ascending, and how many pictures were compared.

    `of` is the register of each face that was searched for; None: people of another gallery.
    """
    found = {}
    for column, name in enumerate(tops.registers):
        best = tops.best[:, column].astype(np.float64)
        if of is not None:
            best = best[np.array(of) == name]
        best = np.sort(best[np.isfinite(best)][:MOST]).round(digits)
        found[name] = {"similarities": best.tolist(), "compared": tops.compared[column]}
    return found


def shifted_registers(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Shift]:
    """Those that both measurements have enough searches of, by name."""
    return register_shifts(_distributions(before), _distributions(after))


def _distributions(registers: Mapping[str, Any]) -> dict[str, Distribution]:
    return {
        name: Distribution(np.array(one["similarities"], dtype=np.float64), one["compared"], None)
        for name, one in registers.items()
    }
