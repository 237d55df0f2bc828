"""How far the first and the second examiners of an agency agree, and how often each keeps anybody.

Only searches past their second examination count, so that no open examination can be read out of
the numbers. Every pair of decisions on one candidate is one observation; candidates of one search
are not quite independent, so the true intervals are a little wider: the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.tenancy import current_agency_id
from searches.kappa import MIN_DISTRACTORS, MIN_PAIRS, Estimate, kappa, share
from searches.models import Disposition, Outcome

_PAST = """
WITH past AS (
    SELECT s.agency_id, s.id, a.id AS first, b.id AS second
    FROM searches_search s
    JOIN searches_examination a ON a.agency_id = s.agency_id AND a.search_id = s.id
        AND a.round = 1 AND a.state = 'submitted'
    JOIN searches_examination b ON b.agency_id = s.agency_id AND b.search_id = s.id
        AND b.round = 2 AND b.state = 'submitted'
    WHERE s.agency_id = %(agency)s AND s.stage IN ('adjudication', 'concluded')
        AND (%(since)s::timestamptz IS NULL OR b.submitted_at >= %(since)s)
        AND (%(before)s::timestamptz IS NULL OR b.submitted_at < %(before)s)
), pairs AS (
    SELECT past.id AS search, i.disposition AS one, j.disposition AS other
    FROM past
    JOIN searches_examinationitem i ON i.agency_id = past.agency_id
        AND i.examination_id = past.first
    JOIN searches_examinationitem j ON j.agency_id = past.agency_id
        AND j.examination_id = past.second AND j.candidate_id = i.candidate_id
)
"""
_PAIRS = "SELECT one, other, count(*) FROM pairs GROUP BY one, other"
_SEARCHES = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM pairs WHERE pairs.search = past.id
    AND (pairs.one = 'retained') <> (pairs.other = 'retained')
)) FROM past
"""
_ADJUDICATED = """
SELECT c.outcome, count(*) FROM past
JOIN searches_examination e ON e.agency_id = past.agency_id AND e.search_id = past.id
    AND e.round = 3 AND e.state = 'submitted'
JOIN searches_conclusion c ON c.agency_id = past.agency_id AND c.search_id = past.id
GROUP BY c.outcome
"""
_EXAMINERS = """
SELECT max(e.examiner_label), count(DISTINCT e.id),
    count(i.id) FILTER (WHERE i.candidate_id IS NULL),
    count(i.id) FILTER (WHERE i.candidate_id IS NULL AND i.disposition = 'retained')
FROM past
JOIN searches_examination e ON e.agency_id = past.agency_id AND e.search_id = past.id
    AND e.state = 'submitted'
LEFT JOIN searches_examinationitem i ON i.agency_id = e.agency_id AND i.examination_id = e.id
GROUP BY e.examiner_id
ORDER BY 1, e.examiner_id
"""


@dataclass(frozen=True, slots=True)
class Examiner:
    """What one examiner did; `rate` is how often they kept a face that was mixed in."""

    label: str
    examinations: int
    distractors: int
    kept: int

    @property
    def rate(self) -> Estimate | None:
        return share(self.kept, self.distractors, MIN_DISTRACTORS)


@dataclass(frozen=True, slots=True)
class Agreement:
    """`table` has a row for each decision of the first examiner, a column for the second's."""

    table: Sequence[Sequence[int]]
    searches: int
    disputed: int
    adjudicated: dict[str, int]
    examiners: Sequence[Examiner]

    @property
    def pairs(self) -> int:
        return sum(map(sum, self.table))

    @property
    def alike(self) -> int:
        return sum(self.table[i][i] for i in range(len(self.table)))

    @property
    def kappa(self) -> Estimate | None:
        return kappa(self.table)

    @property
    def raw(self) -> Estimate | None:
        return share(self.alike, self.pairs, MIN_PAIRS)

    @property
    def all_one(self) -> bool:
        """Whether both always decided one and the same thing, where kappa says nothing."""
        return self.pairs >= MIN_PAIRS and self.kappa is None


def agreement_between(first: date | None, last: date | None) -> Agreement:
    """By the day on which the second examination was submitted, both days included."""
    values = {"agency": current_agency_id(), **span_of(first, last)}
    counts = {(one, other): n for one, other, n in _rows(_PAIRS, values)}
    ((searches, disputed),) = _rows(_SEARCHES, values)
    outcomes = dict(_rows(_ADJUDICATED, values))
    return Agreement(
        table=[[counts.get((i, j), 0) for j in Disposition.values] for i in Disposition.values],
        searches=searches,
        disputed=disputed,
        adjudicated={outcome: outcomes.get(outcome, 0) for outcome in Outcome.values},
        examiners=[Examiner(*row) for row in _rows(_EXAMINERS, values)],
    )


def span_of(first: date | None, last: date | None) -> dict[str, datetime | None]:
    """The moments `since` and `before` of a period of days, both included."""
    before = _midnight(last + timedelta(days=1)) if last else None
    return {"since": _midnight(first), "before": before}


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time()))


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAST + sql, values)
        return list(cursor.fetchall())
