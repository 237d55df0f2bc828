"""A gallery divided by its pictures' ids, so that each part is held by other hosts.

The ids are random: their last two bytes spread pictures evenly. No Django in this module, and no
database; `condition` is how SQL says the same.
"""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

MOST = 256
_LAST = 14  # of 16 bytes


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """Part `number` of `count`, which is a power of two; one of one is the whole gallery."""

    number: int
    count: int

    def __post_init__(self) -> None:
        if not (0 <= self.number < self.count <= MOST) or self.count & (self.count - 1):
            raise ValueError(f"no shard {self.number} of {self.count}")

    @property
    def condition(self) -> str:
        """For the end of a WHERE clause about rows with an `image_id`; of numbers alone."""
        if self.count == 1:
            return ""
        last = "get_byte(uuid_send(image_id), 14) * 256 + get_byte(uuid_send(image_id), 15)"
        return f" AND mod({last}, {self.count:d}) = {self.number:d}"

    def has(self, images: NDArray[np.bytes_]) -> NDArray[np.bool_]:
        """Which of these ids [n] of 16 bytes are in it."""
        if self.count == 1 or not len(images):
            return np.ones(len(images), bool)
        last = np.ascontiguousarray(images).view(np.uint8).reshape(-1, 16)[:, _LAST:]
        number = last[:, 0].astype(np.int64) * 256 + last[:, 1]
        found: NDArray[np.bool_] = number % self.count == self.number
        return found

    def has_image(self, image: UUID) -> bool:
        return int.from_bytes(image.bytes[_LAST:], "big") % self.count == self.number


WHOLE = Shard(0, 1)


def shards_of(count: int) -> list[Shard]:
    """All parts of a gallery that is divided by so many."""
    return [Shard(number, count) for number in range(count)]
