"""How far a measurement has come: all that the next slice of it needs, as JSON in its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from galleries.score_draws import Matrix, Tops, others, unit
from searches.template_rows import TemplateBlock

Registers = Callable[[Sequence[UUID]], dict[UUID, str]]


@dataclass
class Progress:
    """Faces by lot, and what was found among the pictures up to `position` (None: none yet).

    `own` are the registers [n] of the drawn pictures, None for people of another gallery; `people`
    are those of the measured gallery, `left_out` the ones of them who are not compared.
    """

    contract: int
    version: str
    pictures: int
    people: int
    images: list[UUID]
    own: list[str] | None
    left_out: set[UUID]
    tops: Tops
    position: UUID | None = None

    @property
    def searched(self) -> int:
        """People who are compared."""
        return self.people - len(self.left_out)

    def keep(self, known: set[UUID]) -> None:
        """Forget drawn faces that are not `known`: they were erased meanwhile."""
        wanted = np.array([image in known for image in self.images], dtype=np.bool_)
        self.tops.keep(wanted)
        if self.own is not None:
            self.own = [name for name, kept in zip(self.own, wanted, strict=True) if kept]
        self.images = [image for image in self.images if image in known]

    def compare(self, probes: Matrix, block: TemplateBlock, registers: Registers) -> None:
        """Compare the drawn faces [n, d] with a block of templates."""
        rows = others(block, self.left_out)
        if rows.any():
            images = _chosen(block.images, rows)
            names = registers(images)
            self.tops.add(probes, unit(block.vectors[rows]), [names.get(i, "") for i in images])
        self.position = block.images[-1]

    def as_json(self) -> dict[str, Any]:
        return {
            "contract": self.contract,
            "version": self.version,
            "pictures": self.pictures,
            "people": self.people,
            "images": [str(image) for image in self.images],
            "own": self.own,
            "left_out": [str(subject) for subject in self.left_out],
            "tops": self.tops.as_json(),
            "position": str(self.position) if self.position else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        images = [UUID(image) for image in value["images"]]
        return cls(
            contract=value["contract"],
            version=value["version"],
            pictures=value["pictures"],
            people=value["people"],
            images=images,
            own=value["own"],
            left_out={UUID(subject) for subject in value["left_out"]},
            tops=Tops.from_json(value["tops"], len(images)),
            position=UUID(value["position"]) if value["position"] else None,
        )


def _chosen(images: Sequence[UUID], rows: NDArray[np.bool_]) -> list[UUID]:
    return [image for image, chosen in zip(images, rows, strict=True) if chosen]
