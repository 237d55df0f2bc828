"""Periods of whole days, and the moments at which they begin and end in a time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTH, QUARTER, YEAR, OTHER = "month", "quarter", "year", "other"
CALENDAR = (MONTH, QUARTER, YEAR)
_NAME = re.compile(r"(20\d\d)(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another; both belong to it."""

    first: date
    last: date

    @property
    def kind(self) -> str:
        """One of CALENDAR when it is a whole month, quarter or year; else OTHER."""
        return next((kind for kind, name in self._names() if named(name) == self), OTHER)

    @property
    def name(self) -> str:
        """As 2026, 2026-Q3 or 2026-11; another one as its two days."""
        return dict(self._names()).get(self.kind, f"{self.first}/{self.last}")

    def _names(self) -> list[tuple[str, str]]:
        year, month = self.first.year, self.first.month
        quarter = (month + 2) // 3
        names = (f"{year}-{month:02}", f"{year}-Q{quarter}", f"{year}")
        return list(zip(CALENDAR, names, strict=True))

    def bounds(self, zone: str) -> tuple[str, str]:
        """Its first moment, and the first one after it, as the record writes moments."""
        return _moment(self.first, zone), _moment(self.last + timedelta(days=1), zone)


def named(name: str) -> Period:
    """The calendar period of that name. Raises ValueError for any other text."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(name)
    year, quarter, month = int(found[1]), found[2], found[3]
    if month:
        return _from(year, int(month), 1)
    return _from(year, int(quarter) * 3 - 2, 3) if quarter else _from(year, 1, 12)


def _from(year: int, month: int, months: int) -> Period:
    after = date(year + (month + months - 1) // 12, (month + months - 1) % 12 + 1, 1)
    return Period(date(year, month, 1), after - timedelta(days=1))


def _moment(day: date, zone: str) -> str:
    at = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
