"""How similar the most similar stranger is to each drawn face, register by register. No models.

Templates go by in blocks, once. What was found so far can be laid aside between two of them.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from searches.template_rows import TemplateBlock

Matrix = NDArray[np.float32]


@dataclass
class Tops:
    """The greatest cosine of each of `n` faces to the pictures of each register, so far.

    `best` is float32 [n, registers], -inf where there was none, in the order of `registers`;
    `compared` counts the pictures of each.
    """

    best: Matrix
    registers: list[str] = field(default_factory=list)
    compared: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, n: int) -> Self:
        return cls(np.empty((n, 0), dtype=np.float32))

    def add(self, probes: Matrix, rows: Matrix, registers: Sequence[str]) -> None:
        """`probes` [n, d] and `rows` [k, d] have the length 1; of each row its register."""
        names = np.array(registers)
        for name in sorted(set(registers)):
            column, mine = self._column(name), names == name
            top = (probes @ rows[mine].T).max(axis=1)
            np.maximum(self.best[:, column], top, out=self.best[:, column])
            self.compared[column] += int(mine.sum())

    def overall(self) -> NDArray[np.float64]:
        """The greatest cosine of each face to anybody, [n]."""
        best: NDArray[np.float32] = self.best.max(axis=1, initial=-np.inf)
        return best.astype(np.float64)

    def keep(self, wanted: NDArray[np.bool_]) -> None:
        """Forget the faces that are not `wanted` [n]."""
        self.best = self.best[wanted]

    def as_json(self) -> dict[str, Any]:
        best = b64encode(np.ascontiguousarray(self.best, dtype="<f4").tobytes()).decode()
        return {"best": best, "registers": self.registers, "compared": self.compared}

    @classmethod
    def from_json(cls, value: dict[str, Any], n: int) -> Self:
        registers = list(value["registers"])
        best = np.frombuffer(b64decode(value["best"]), dtype="<f4").reshape(n, len(registers))
        return cls(best.astype(np.float32), registers, list(value["compared"]))

    def _column(self, name: str) -> int:
        if name not in self.registers:
            self.registers.append(name)
            self.compared.append(0)
            none = np.full((len(self.best), 1), -np.inf, dtype=np.float32)
            self.best = np.hstack([self.best, none])
        return self.registers.index(name)


def others(block: TemplateBlock, left_out: set[Any]) -> NDArray[np.bool_]:
    """Which rows of a block are of people who are not `left_out`."""
    return np.array([subject not in left_out for subject in block.subjects], dtype=np.bool_)


def unit(rows: NDArray[np.float16]) -> Matrix:
    """Half precision is not exact: every vector has the length 1 again."""
    plain = rows.astype(np.float32)
    made: Matrix = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    return made
