"""What must not be found after an erasure: the erased vectors, sealed until the proof is made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounts.access import files_of
from galleries.models import Erasure

MOST = 200
"""An erasure of more templates looks for this many of them, and its receipt says so."""

PIECE = 48
"""Bytes at each end of a vector that are looked for: a part that was left is found as well."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One erased vector, half precision as PostgreSQL stores it (little-endian)."""

    contract_pk: int
    stored: bytes

    @property
    def vector(self) -> NDArray[np.float32]:
        """L2-normalised float32 [dimension]: half precision is a little off."""
        rows = np.frombuffer(self.stored, "<f2").astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows), np.float32)

    @property
    def pieces(self) -> tuple[bytes, ...]:
        ends = {self.stored[:PIECE], self.stored[-PIECE:]}
        return tuple(piece for piece in ends if any(piece))  # zeros are everywhere


def read_needles(erasure: Erasure) -> list[Needle]:
    if not bytes(erasure.needles_sealed):
        return []
    plain = files_of(erasure.agency_id).unseal_bytes(
        bytes(erasure.needles_sealed), needles_identity(erasure.pk)
    )
    return [Needle(contract, bytes.fromhex(text)) for contract, text in json.loads(plain)]


def with_needles(erasure: Erasure, more: Sequence[Needle]) -> bytes:
    """The sealed column with these added, as far as there is room."""
    kept = [*read_needles(erasure), *more][:MOST]
    plain = json.dumps([[needle.contract_pk, needle.stored.hex()] for needle in kept]).encode()
    return files_of(erasure.agency_id).seal_bytes(plain, needles_identity(erasure.pk))


def needles_identity(pk: object) -> str:
    """What the needles of an erasure are bound to."""
    return f"erasure:{pk}"
