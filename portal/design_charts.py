"""One chart of each kind with invented numbers, for the page of components."""

from datetime import date, timedelta

from portal.charts.monthly import Measure, Month, monthly
from portal.charts.outlook import Course, outlook
from portal.charts.scale import month_name, month_ticks, months_until, number, percent
from portal.charts.shapes import Chart, Words
from portal.charts.stacked import Column, scale_of, stacked, table_of

SERIES = ["First kind", "Second kind", "Third kind", "Fourth kind", "Fifth kind"]
MONTHS = months_until(date(2026, 11, 1), 12)


def sample_charts() -> list[Chart]:
    return [_bars(), _forecast(allowed=1000), _forecast(allowed=None), _shares(), _hours()]


def _bars() -> Chart:
    columns = [
        Column(month_name(month), [(n * 7 + 3 * kind) % 11 for kind in range(5)])
        for n, month in enumerate(MONTHS)
    ]
    ticks = month_ticks(MONTHS, scale_of(columns))
    words = Words("sample-bars", "Usage by month", "Bars that stand on each other.")
    return stacked(words, columns, ticks, SERIES, table_of("Month", columns, SERIES))


def _forecast(allowed: int | None) -> Chart:
    """28 used in each of 30 weeks; at 4 a day the rest of 1000 lasts no 22 weeks."""
    first, today = date(2026, 1, 1), date(2026, 7, 30)
    words = Words(
        f"sample-forecast-{allowed or 'open'}",
        "Forecast of a limit" if allowed else "Forecast without a limit",
        "A line of what was used, a dashed one of what is expected.",
    )
    course = Course(
        first=first,
        last=date(2026, 12, 31),
        today=today,
        by_day={first + timedelta(weeks=n): 28 for n in range(30)},
        used=840,
        expected=[840 + 4 * days for days in range(1, 156)],
        allowed=allowed,
        used_up_on=date(2026, 9, 7) if allowed else None,
    )
    return outlook(words, course)


def _shares() -> Chart:
    few = {3: Month(MONTHS[3], 12), 4: Month(MONTHS[4])}
    shares = [0.82, 0.9, 0.86, 0, 0, 0.71, 0.88, 0.93, 0.9, 0.84, 0.95, 0.91]
    months = [
        few.get(n) or Month(MONTHS[n], 200, [share], (share - 0.06, min(1, share + 0.05)))
        for n, share in enumerate(shares)
    ]
    words = Words("sample-shares", "A share by month", "With its interval, and a gap.")
    measure = Measure(["Share"], "Counted", 1, percent, has_interval=True)
    return monthly(words, months, measure)


def _hours() -> Chart:
    months = [
        Month(month, 40, [18 + n % 5, 60 + 9 * (n % 4)]) if n else Month(month, 3)
        for n, month in enumerate(MONTHS)
    ]
    words = Words("sample-hours", "Hours by month", "Two lines.")
    measure = Measure(["Median", "90th percentile"], "Searches", 100, lambda h: f"{number(h)} h")
    return monthly(words, months, measure)
