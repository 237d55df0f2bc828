"""What is asked of the portal, as data: nothing in this module sends anything.

A `Call` is one request and what is made of its answer. A script is a generator that yields steps
(calls, pauses) and is sent their results; `yield from call` gives what the call's parser made.
The drivers (drivers.py) carry the steps out, one by blocking and one by awaiting.
"""

import io
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import httpx

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Progress = Callable[[int, int], None]
"""Called with the bytes that are sent and all that there are."""

Script = Generator["Step", Any, T]


class Task(Protocol[T_co]):
    """A call or a script: what a driver can run."""

    def __iter__(self) -> Generator["Step", Any, T_co]: ...


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a form. Its data is kept in memory, so that it can be sent again."""

    name: str
    data: bytes
    media_type: str = "application/octet-stream"
    progress: Progress | None = None

    def opened(self) -> tuple[str, io.BytesIO, str]:
        return self.name, _Watched(self.data, self.progress), self.media_type


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, by its path below /api/v1/, and what is made of the answer."""

    method: str
    path: str
    parse: Callable[[httpx.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Attachment] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    """How long the answer may take; None: as long as that of any other."""

    def __iter__(self) -> Script[T]:
        result: T = yield self
        return result

    def adding(self, **headers: str) -> "Call[T]":
        """The same with further headers; an underscore stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt at a call."""

    call: Call[Any]


Step = Call[Any] | Sending | Pause


class _Watched(io.BytesIO):
    """Tells how much of it was read."""

    def __init__(self, data: bytes, progress: Progress | None) -> None:
        super().__init__(data)
        self._total, self._progress = len(data), progress

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if self._progress is not None and chunk:
            self._progress(self.tell(), self._total)
        return chunk
