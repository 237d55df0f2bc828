"""The members of an export on their way into sealed parts: lines, or the bytes of a file."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from portal.agency_folder import Parts

PART_BYTES = 4_000_000


class Member:
    """A file on its way into parts; no line is cut."""

    def __init__(self, path: str, parts: Parts, lines: Iterable[str] = ()) -> None:
        self.path, self._parts = path, parts
        self.number = self.rows = self.bytes = 0
        self._digest, self._waiting, self._size = sha256(), list[bytes](), 0
        for line in lines:
            self.add(line)

    def add(self, line: str) -> None:
        self.rows += 1
        self.add_bytes(line.encode() + b"\n")

    def add_bytes(self, data: bytes) -> None:
        """A piece of a file that has no lines."""
        self._digest.update(data)
        self._waiting.append(data)
        self._size += len(data)
        self.bytes += len(data)
        if self._size >= PART_BYTES:
            self._flush()

    def close(self) -> "Member":
        """Write what waits; nothing is added after this."""
        self._flush()
        return self

    def entry(self) -> dict[str, Any]:
        """The member as the manifest lists it."""
        digest = self._digest.hexdigest()
        return {"path": self.path, "sha256": digest, "bytes": self.bytes, "rows": self.rows}

    def _flush(self) -> None:
        if self._waiting:
            self._parts.put(part_name(self.path, self.number), b"".join(self._waiting))
            self.number, self._waiting, self._size = self.number + 1, [], 0


def part_name(path: str, number: int) -> str:
    return f"{path.replace('/', '-')}.{number:06d}"
