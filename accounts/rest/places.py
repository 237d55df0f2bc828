"""How many programs may wait at once: each holds a thread of the web host while it does.

A process has places for CANDOR_API_WAITING of them, fewer than it has threads, so that programs
that wait never keep people from their pages.
"""

import threading
from collections.abc import Iterator

from django.conf import settings

_taken = 0
_lock = threading.Lock()


def take() -> bool:
    """Take a place; false when there is none left."""
    global _taken
    with _lock:
        if _taken >= settings.API_WAITING:
            return False
        _taken += 1
        return True


def give_back() -> None:
    global _taken
    with _lock:
        _taken -= 1


class Seated(Iterator[bytes]):
    """A stream with a place, which it gives back when the server is done with it, begun or not."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._has_place = parts, True

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Called by Django at the end of the response; twice is no error."""
        if self._has_place:
            self._has_place = False
            give_back()
