"""How the installation works just now, as every process knows it a few seconds later.

Each request and each task asks; so the answer is kept for `KEEP_SECONDS` and costs no query in
between. A database that does not answer leaves what was known before.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import get_language

from portal.models import Broadcast, Mode, Operation

KEEP_SECONDS = 5.0
SHORTEST_WAIT = 60
"""Seconds after which a program may ask again when nobody said how long it takes."""
MOST_NOTICES = 5


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the portal's languages."""

    english: str
    french: str

    def __str__(self) -> str:
        return self.french if (get_language() or "").startswith("fr") else self.english


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to everybody, and while it is shown."""

    words: Words
    is_urgent: bool
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Operating:
    """The mode with what people are told of it, and the notices of today and later."""

    mode: Mode = Mode.NORMAL
    until: datetime | None = None
    words: Words = Words("", "")
    notices: tuple[Notice, ...] = ()

    @property
    def shown(self) -> list[Notice]:
        """The notices whose time it is."""
        now = timezone.now()
        return [one for one in self.notices if one.starts_at <= now < one.ends_at]

    @property
    def wait(self) -> int:
        """In how many seconds it may be tried again."""
        left = (self.until - timezone.now()).total_seconds() if self.until else 0
        return max(SHORTEST_WAIT, int(left))


NORMAL = Operating()
_known, _good_until = NORMAL, 0.0


def operating() -> Operating:
    """What is known, at most `KEEP_SECONDS` old."""
    if time.monotonic() >= _good_until:
        try:
            keep(_read())
        except DatabaseError:
            keep(_known)
    return _known


def keep(found: Operating, seconds: float = KEEP_SECONDS) -> None:
    """Take this for true for so long; for tests: for ever."""
    global _known, _good_until
    _known, _good_until = found, time.monotonic() + seconds


def forget() -> None:
    """Ask the database at the next question; for whoever has just changed it."""
    global _good_until
    _good_until = 0.0


def _read() -> Operating:
    row = Operation.objects.first() or Operation()
    coming = Broadcast.objects.filter(withdrawn_at=None, ends_at__gt=timezone.now())
    return Operating(
        Mode(row.mode),
        row.until,
        Words(row.text_en, row.text_fr),
        tuple(
            Notice(Words(one.text_en, one.text_fr), one.is_urgent, one.starts_at, one.ends_at)
            for one in coming.order_by("starts_at", "pk")[:MOST_NOTICES]
        ),
    )
