"""What a store of sealed bytes does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class MissingFile(Exception):
    """A file that a row refers to is not in the store."""


@dataclass(frozen=True, slots=True)
class Blob:
    """`name` as it was put, `size` in bytes, `modified` in UTC."""

    name: str
    size: int
    modified: datetime


class Blobs(Protocol):
    """Bytes by names such as "7/6a/6a0c33b0-..."; a store that does not answer: StoreAway."""

    def put(self, name: str, sealed: bytes) -> None:
        """Store or replace as a whole; durable when this returns, and never seen half."""
        ...

    def get(self, name: str) -> bytes:
        """Raises MissingFile."""
        ...

    def head(self, name: str, length: int) -> bytes:
        """The first bytes. Raises MissingFile."""
        ...

    def delete(self, name: str) -> None:
        """One that is gone already is no error."""
        ...

    def under(self, folder: str) -> Iterator[Blob]:
        """Everything below a folder, unfinished writing too."""
        ...

    def clear(self, folder: str) -> None:
        """Remove everything below a folder, and it."""
        ...

    def describe(self) -> str:
        """Where it is, for the operator."""
        ...
