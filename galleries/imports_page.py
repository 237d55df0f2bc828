"""How far an import is: counts, rate and remaining time, from a few rows of lanes."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext

from galleries.models import ImportBatch, ImportLane, ImportStage
from searches.faults import message_of
from searches.images import MESSAGES

RATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the check while it is checked, of the enrolment from then on."""

    total: int
    done: int
    enrolled: int
    already: int
    held: int
    rejected: int
    rate: float
    """Files a second over the last minute; 0 while nothing is known."""

    @property
    def left(self) -> int:
        return max(0, self.total - self.done)

    @property
    def is_much_held(self) -> bool:
        """Whether more than a quarter was held, which people who look alike do not explain."""
        return self.held * 4 > self.enrolled + self.held

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0

    @property
    def remaining(self) -> timedelta | None:
        """How long it will take at this rate."""
        return timedelta(seconds=round(self.left / self.rate)) if self.rate and self.left else None


@dataclass(frozen=True, slots=True)
class Reason:
    """How often a file was rejected for one reason."""

    code: str
    count: int

    @property
    def message(self) -> str:
        return words_of(self.code)


def progress_of(batch: ImportBatch, now: float | None = None) -> Progress:
    lanes: list[ImportLane] = list(batch.lanes.all())
    counts = {name: sum(getattr(lane, name) for lane in lanes) for name in _COUNTED}
    if batch.stage == ImportStage.CHECKING:
        total = batch.files
        done = batch.report.get("unread", 0) + sum(lane.checked for lane in lanes)
    else:
        total, done = batch.report.get("waiting", 0), sum(lane.done for lane in lanes)
    moment = time.time() if now is None else now
    rate = sum(_rate(lane.pace, moment) for lane in lanes)
    running = batch.stage == ImportStage.RUNNING
    return Progress(total, min(done, total), **counts, rate=rate if running else 0.0)


_COUNTED = ("enrolled", "already", "held", "rejected")


def _rate(pace: Sequence[Sequence[float]], now: float) -> float:
    """Files a second of one lane over the last minute, from what it noted after each slice."""
    recent = [mark for mark in pace if mark[0] >= now - RATE_SECONDS]
    if len(recent) < 2:
        return 0.0
    (began, before), (_, after) = recent[0], recent[-1]
    return max(0.0, after - before) / max(1.0, now - began)


def reasons_of(batch: ImportBatch) -> list[Reason]:
    """Why files were rejected by the check, most often first."""
    codes = batch.report.get("codes", {}).items()
    return sorted((Reason(*code) for code in codes), key=lambda reason: -reason.count)


def rejection_lines(batch: ImportBatch) -> Iterator[list[str]]:
    """Rows of the table of rejected files, with its head; for spreadsheets."""
    yield ["file", "subject", "code", "reason"]
    rejected = batch.entries.filter(state="rejected").order_by("position")
    for file in rejected.iterator():
        yield [_plain(file.name), _plain(file.reference), file.code, words_of(file.code)]


def words_of(code: str) -> str:
    """Why a file was rejected, as far as it can be said without the details."""
    template = MESSAGES.get(code, "")
    return gettext(template) if template and "%(" not in template else message_of(code)


def _plain(text: str) -> str:
    """A text of strangers that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
