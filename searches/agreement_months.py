"""Month by month: how often two examiners decide alike, and how long searches take in all.

Concluded searches alone count, so that nothing of an open examination can be read out of a month;
months are the agency's. What was erased is not counted.
"""

from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.charts.monthly import Month
from portal.charts.scale import months_until
from portal.tenancy import current_agency_id
from searches.agreement import span_of
from searches.kappa import MIN_PAIRS, share

MOST_MONTHS = 24  # more could not be told apart, and would be counted each time
MIN_SEARCHES = 10
"""Concluded searches in a month below which the times to conclusion are not measured."""

_DECISIONS = """
SELECT date_trunc('month', b.submitted_at AT TIME ZONE %(zone)s)::date AS month, count(*),
    count(*) FILTER (WHERE i.disposition = j.disposition)
FROM searches_search s
JOIN searches_examination a ON a.agency_id = s.agency_id AND a.search_id = s.id
    AND a.round = 1 AND a.state = 'submitted'
JOIN searches_examination b ON b.agency_id = s.agency_id AND b.search_id = s.id
    AND b.round = 2 AND b.state = 'submitted'
JOIN searches_examinationitem i ON i.agency_id = a.agency_id AND i.examination_id = a.id
JOIN searches_examinationitem j ON j.agency_id = b.agency_id AND j.examination_id = b.id
    AND j.candidate_id = i.candidate_id
WHERE s.agency_id = %(agency)s AND s.stage = 'concluded'
    AND b.submitted_at >= %(since)s
    AND (%(before)s::timestamptz IS NULL OR b.submitted_at < %(before)s)
GROUP BY month ORDER BY month
"""
_HOURS = """
SELECT date_trunc('month', c.concluded_at AT TIME ZONE %(zone)s)::date AS month, count(*),
    percentile_cont(ARRAY[0.5, 0.9]::float8[]) WITHIN GROUP (
        ORDER BY extract(epoch FROM c.concluded_at - s.created_at)::float8 / 3600
    )
FROM searches_search s
JOIN searches_conclusion c ON c.agency_id = s.agency_id AND c.search_id = s.id
WHERE s.agency_id = %(agency)s AND s.stage = 'concluded'
    AND c.concluded_at >= %(since)s
    AND (%(before)s::timestamptz IS NULL OR c.concluded_at < %(before)s)
GROUP BY month ORDER BY month
"""


def decided_alike(first: date | None, last: date | None) -> list[Month]:
    """The share of candidates on whom both examiners decided the same, with Wilson's interval.

    By the month in which the second examination was submitted. Not measured below MIN_PAIRS pairs
    of decisions.
    """
    found = []
    for month, pairs, alike in _rows(_DECISIONS, first, last):
        measured = share(alike, pairs, MIN_PAIRS)
        if measured is None or measured.low is None or measured.high is None:
            found.append(Month(month, pairs))
        else:
            ends = (measured.low, measured.high)
            found.append(Month(month, pairs, [measured.value], ends))
    return _without_holes(found)


def hours_to_conclusion(first: date | None, last: date | None) -> list[Month]:
    """Median and 90th percentile of the hours from submission to conclusion, interpolated.

    By the month of the conclusion. Not measured below MIN_SEARCHES searches.
    """
    return _without_holes(
        [
            Month(month, n, hours if n >= MIN_SEARCHES else None)
            for month, n, hours in _rows(_HOURS, first, last)
        ]
    )


def _without_holes(found: list[Month]) -> list[Month]:
    """Every month from the first to the last in which anything was counted."""
    if not found:
        return []
    by_month = {month.first: month for month in found}
    oldest, newest = found[0].first, found[-1].first
    number = (newest.year - oldest.year) * 12 + newest.month - oldest.month + 1
    return [by_month.get(month, Month(month)) for month in months_until(newest, number)]


def _rows(sql: str, first: date | None, last: date | None) -> list[tuple[Any, ...]]:
    """Rows of the latest MOST_MONTHS months of the period, which ends today where it has no end."""
    oldest = months_until(last or timezone.localdate(), MOST_MONTHS)[0]
    zone = timezone.get_current_timezone_name()
    span = span_of(max(first or oldest, oldest), last)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"agency": current_agency_id(), "zone": zone, **span})
        return list(cursor.fetchall())
