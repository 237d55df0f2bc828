"""Bytes that can be read from anywhere in them: an upload in sealed parts, or one in memory."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.storage import FileStore

PARTS_KEPT = 2


class Source(Protocol):
    """What an archive is read from."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, length: int) -> bytes:
        """The bytes that there are of those asked for; fewer at the end, none beyond it."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """Where a sealed part of an upload begins, how long it is, and its file."""

    start: int
    size: int
    file_key: str


class PartsSource:
    """An upload as it lies in the store; unsealed a part at a time, the last few kept."""

    def __init__(self, store: FileStore, parts: Sequence[Part]) -> None:
        self._store = store
        self._parts = sorted(parts, key=lambda part: part.start)
        self._starts = [part.start for part in self._parts]
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        return self._parts[-1].start + self._parts[-1].size if self._parts else 0

    def read(self, start: int, length: int) -> bytes:
        pieces: list[bytes] = []
        at, end = start, min(start + length, self.size)
        while 0 <= at < end:
            number = bisect_right(self._starts, at) - 1
            part = self._parts[number]
            piece = self._plain(number)[at - part.start : end - part.start]
            if not piece:
                break
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)

    def _plain(self, number: int) -> bytes:
        if number not in self._kept:
            self._kept[number] = self._store.get(self._parts[number].file_key)
            while len(self._kept) > PARTS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]
