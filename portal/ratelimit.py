"""Counting what somebody does in a minute of the clock, for all processes together.

Kept in the cache that all processes share, by one statement, so that many at once are counted one
by one.
"""

import time
from dataclasses import dataclass

from django.core.cache import cache

WINDOW = 60  # seconds


@dataclass(frozen=True)
class Use:
    """The how-manieth of its minute it was, and in how many seconds the next minute begins."""

    number: int
    left_seconds: int


def one_more(of: str, who: object) -> Use:
    """Count one more of these for this one."""
    now = time.time()
    key = f"{of}:{who}:{int(now // WINDOW)}"
    return Use(_count(key), WINDOW - int(now % WINDOW))


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first in this minute, or one of several that believe so
        cache.add(key, 0, 2 * WINDOW)
        return cache.incr(key)
