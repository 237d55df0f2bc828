"""The weeks of an agency: from Monday to Sunday in its time zone, and how each stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.certificates import today_in
from accounts.licensing import local_day
from accounts.models import Agency
from oversight.models import RecordReview

WEEK = timedelta(days=7)
DUE_AFTER = timedelta(days=8)  # the Tuesday after
OVERDUE_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Week:
    """A week that is over, and its review if there is one."""

    first: date
    review: RecordReview | None
    overdue_since: date | None

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)

    @property
    def name(self) -> str:
        return self.first.isoformat()


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def bounds_of(agency: Agency, first: date) -> tuple[datetime, datetime]:
    """When the week begins and ends, for the agency's clocks."""
    zone = ZoneInfo(agency.time_zone)
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(first + WEEK, time(), zone),
    )


def first_week(agency: Agency) -> date:
    """The week in which the agency, and so its record, began."""
    return monday_of(local_day(agency.created_at, agency.time_zone))


def running_week(agency: Agency) -> date:
    return monday_of(today_in(agency))


def finished_weeks(agency: Agency) -> list[date]:
    """The Mondays of all weeks that are over, the latest first."""
    first, running = first_week(agency), running_week(agency)
    return [running - n * WEEK for n in range(1, (running - first) // WEEK + 1)]


def weeks_with_state(agency: Agency, mondays: Sequence[date]) -> list[Week]:
    reviews = {row.week: row for row in RecordReview.objects.filter(week__in=mondays)}
    today = today_in(agency)
    return [_week(monday, reviews.get(monday), today) for monday in mondays]


def unsigned(agency: Agency, signed: Collection[date] | None = None) -> list[Week]:
    """The weeks that wait for a signature, the latest first; asks for the `signed` if not given."""
    if signed is None:
        signed = set(RecordReview.objects.values_list("week", flat=True))
    today = today_in(agency)
    return [_week(monday, None, today) for monday in finished_weeks(agency) if monday not in signed]


def _week(monday: date, review: RecordReview | None, today: date) -> Week:
    since = monday + OVERDUE_AFTER
    return Week(monday, review, since if review is None and since <= today else None)
