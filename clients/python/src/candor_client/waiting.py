"""Waiting until a search, an import or something else of the kind has got somewhere.

Asks with `Prefer: wait`, which a portal answers when something has changed; one that does not
wait, or has changed nothing of interest, is asked again after a pause that grows.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import ClassVar, TypeVar

import httpx

from candor_client.calls import Call, Pause, Script
from candor_client.errors import EndedOtherwise, WaitedTooLong
from candor_client.reading import Answer, json_of, read

MOST = 20  # seconds that one request may wait
MARGIN = 30.0  # seconds that its answer may take beyond that
FIRST, LONGEST, GROWTH = 1.0, 10.0, 1.5  # seconds between the beginnings of two requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Answer):
    """Something that goes on by itself: has an id, an address, and a state."""

    PATH: ClassVar[str]
    BUSY: ClassVar[frozenset[str]]
    """In these the portal is at work on it."""
    ENDED: ClassVar[frozenset[str]]
    """In these it stays."""

    id: str

    @property
    def standing(self) -> str:
        raise NotImplementedError

    @property
    def path(self) -> str:
        return f"{self.PATH}{self.id}/"


W = TypeVar("W", bound=Standing)
Until = Collection[str] | Callable[[W], bool] | None


def waiting(thing: W, until: "Until[W]", timeout: float) -> Script[W]:
    """The script that ends when `thing` stands as wanted, and gives it as it stands then.

    Wanted is one of the states, what the function says, or (None) that the portal does no more by
    itself. Raises WaitedTooLong, and EndedOtherwise when it has ended in another state.
    """
    deadline, interval = monotonic() + timeout, FIRST
    last, tag = yield from _asked(thing, "", 0)
    while not _fulfilled(last, until):
        if last.standing in last.ENDED:
            raise EndedOtherwise(last)
        began = monotonic()
        if began >= deadline:
            raise WaitedTooLong(last)
        last, tag = yield from _asked(last, tag, max(1, min(MOST, int(deadline - began))))
        pause = min(began + interval, deadline) - monotonic()
        if pause > 0 and not _fulfilled(last, until):
            yield Pause(pause)
            interval = min(interval * GROWTH, LONGEST)
    return last


def _asked(thing: W, tag: str, seconds: int) -> Script[tuple[W, str]]:
    """How it stands, and the tag of that; what has not changed comes back as it was."""

    def parse(response: httpx.Response) -> tuple[W, str]:
        found_tag = response.headers.get("ETag", "")
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return thing, found_tag or tag
        return read(type(thing), json_of(response)), found_tag

    headers = {"If-None-Match": tag} if tag else {}
    if seconds:
        headers["Prefer"] = f"wait={seconds}"
    call = Call("GET", thing.path, parse, headers=headers, seconds=seconds + MARGIN)
    return (yield from call)


def _fulfilled(thing: W, until: "Until[W]") -> bool:
    if until is None:
        return thing.standing not in thing.BUSY
    return until(thing) if callable(until) else thing.standing in until
