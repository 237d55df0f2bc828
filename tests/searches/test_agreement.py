"""How far examiners agree: the formulas against published numbers, and who is counted."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import sqrt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Role
from portal.audit.models import AuditEntry
from searches import agreement_months
from searches.agreement import Examiner, agreement_between
from searches.agreement_charts import hours
from searches.agreement_months import decided_alike, hours_to_conclusion
from searches.kappa import MIN_PAIRS, kappa, share
from searches.models import Gallery, Search
from tests.conftest import join
from tests.factories import make_case, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, conclude, examine, filled_gallery

EACH_TEST_ALONE = True

# Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions (2003), table 18.1.
FLEISS = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]


def by_hand(table: Sequence[Sequence[int]]) -> float:
    """Cohen's kappa as scikit-learn's cohen_kappa_score works it out, by disagreement."""
    n, kinds = sum(map(sum, table)), range(len(table))
    rows, columns = [sum(r) for r in table], [sum(c) for c in zip(*table, strict=True)]
    apart = [(i, j) for i in kinds for j in kinds if i != j]
    expected = sum(rows[i] * columns[j] for i, j in apart) / n
    return float(1 - sum(table[i][j] for i, j in apart) / expected)


def test_kappa_is_that_of_the_textbook() -> None:
    found = kappa(FLEISS)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert round(found.value, 3) == 0.676
    assert round((found.high - found.low) / 2 / 1.959964, 3) == 0.088  # its standard error
    assert found.value - found.low == pytest.approx(found.high - found.value)


@pytest.mark.parametrize(
    "table",
    [FLEISS, [[10, 5, 5], [3, 20, 2], [1, 1, 30]], [[0, 20, 0], [20, 0, 0], [0, 0, 1]]],
)
def test_kappa_is_what_another_formula_gives(table: list[list[int]]) -> None:
    found = kappa(table)
    assert found is not None
    assert found.value == pytest.approx(by_hand(table))


def test_its_interval_holds_what_a_simulation_gives() -> None:
    """The standard deviation of kappa over resampled tables is the standard error."""
    import numpy as np

    cells = np.array(FLEISS).ravel() / 100
    drawn = np.random.default_rng(1).multinomial(400, cells, size=4000).reshape(-1, 3, 3)
    spread = float(np.std([by_hand(table.tolist()) for table in drawn]))
    found = kappa([[4 * n for n in row] for row in FLEISS])
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(spread, rel=0.05)


def test_kappa_is_not_measured_on_few_pairs() -> None:
    assert kappa([[MIN_PAIRS - 2, 0, 0], [0, 1, 0], [0, 0, 0]]) is None
    assert kappa([[MIN_PAIRS - 1, 0, 0], [0, 1, 0], [0, 0, 0]]) is not None


def test_kappa_says_nothing_where_all_is_one() -> None:
    assert kappa([[0, 0, 0], [0, 500, 0], [0, 0, 0]]) is None
    perfect = kappa([[20, 0, 0], [0, 20, 0], [0, 0, 0]])
    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.high) == (1.0, None, None)


def test_the_share_has_wilsons_interval() -> None:
    found = share(3, 40, 30)
    assert found is not None
    n, p, z = 40, 3 / 40, 1.959964
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert found.low == pytest.approx(centre - reach)
    assert found.high == pytest.approx(centre + reach)
    none = share(0, 40, 30)
    assert none is not None
    assert (none.low, round(none.high or 0, 4)) == (0.0, 0.0876)
    assert share(3, 29, 30) is None
    assert share(0, 0, 0) is None


# --- Who is counted -----------------------------------------------------------------------------

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


def searches(office: Office, gallery: Gallery, number: int) -> list[Search]:
    """Searches of one probe with five candidates each."""
    probe = make_probe(make_case(office.agency), person_jpeg(1))
    actor = office.actor("analyst")
    return [make_search(probe, [gallery], limit=5, actor=actor) for _ in range(number)]


def test_nobody_is_counted_before_the_second_examination(office: Office, gallery: Gallery) -> None:
    waiting, half = searches(office, gallery, 2)
    examine(office.actor("first"), half, {1})
    found = agreement_between(None, None)
    assert (found.searches, found.pairs, list(found.examiners)) == (0, 0, [])
    assert waiting.stage == "examination"


def test_pairs_disputes_and_examiners_are_counted(office: Office, gallery: Gallery) -> None:
    agreed, disputed, settled = searches(office, gallery, 3)
    conclude(office, agreed, {1})
    examine(office.actor("first"), disputed, {1}, {2})
    examine(office.actor("second"), disputed, {3})
    examine(office.actor("second"), settled, {1})
    examine(office.actor("first"), settled)
    examine(office.actor("supervisor"), settled)
    found = agreement_between(None, None)
    assert (found.searches, found.disputed, found.pairs) == (3, 2, 15)
    # Retained, excluded, inconclusive by the first; the same by the second.
    assert found.table == [[1, 2, 0], [1, 10, 0], [0, 1, 0]]
    assert (found.alike, found.kappa, found.raw) == (11, None, None)
    assert found.adjudicated == {"lead": 0, "no_lead": 1, "inconclusive": 0}
    assert list(found.examiners) == [
        Examiner("first@alder.example", 3, 2, 0),
        Examiner("second@alder.example", 3, 4, 0),
        Examiner("supervisor@alder.example", 1, 0, 0),
    ]


def test_kept_distractors_are_counted(office: Office, gallery: Gallery) -> None:
    (search,) = searches(office, gallery, 1)
    examine(office.actor("first"), search)
    examine(office.actor("second"), search, {0})  # whatever is no candidate
    (_first, second) = agreement_between(None, None).examiners
    assert (second.distractors, second.kept, second.rate) == (2, 2, None)


def test_only_the_period_counts(office: Office, gallery: Gallery) -> None:
    (search,) = searches(office, gallery, 1)
    conclude(office, search)
    today = timezone.localdate()
    day = timedelta(days=1)
    assert agreement_between(today, today).searches == 1
    assert agreement_between(None, today - day).searches == 0
    assert agreement_between(today + day, None).searches == 0
    assert agreement_between(today + day, None).examiners == []


def test_another_agency_is_not_counted(office: Office, gallery: Gallery, birch: Agency) -> None:
    from portal.tenancy import scope

    (search,) = searches(office, gallery, 1)
    conclude(office, search)
    with scope(birch.pk):
        assert agreement_between(None, None).searches == 0


def test_what_was_erased_is_not_counted(office: Office, gallery: Gallery) -> None:
    from searches.services.authorizing import refuse_search

    probe = make_probe(make_case(office.agency), person_jpeg(1))
    search = make_search(probe, [gallery], actor=office.actor("analyst"), basis="urgent")
    conclude(office, search)
    refuse_search(actor=office.actor("supervisor"), search=search, reason="There was no urgency")
    assert agreement_between(None, None).searches == 0


# --- Month by month -----------------------------------------------------------------------------


def backdate(search: Search, submitted: str, examined: str, concluded: str) -> None:
    """Give the dates of a search other values, past the triggers that forbid it."""
    changes = (
        ("searches_search SET created_at = %s WHERE id = %s", submitted),
        ("searches_examination SET submitted_at = %s WHERE round = 2 AND search_id = %s", examined),
        ("searches_conclusion SET concluded_at = %s WHERE search_id = %s", concluded),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for change, moment in changes:
            cursor.execute(f"UPDATE {change}", [moment, search.pk])
            assert cursor.rowcount == 1
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.usefixtures("past_triggers")
def test_months_count_what_was_concluded_in_them(
    office: Office, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One month with enough to measure, a month without anything, one with too little."""
    monkeypatch.setattr(agreement_months, "MIN_PAIRS", 10)
    monkeypatch.setattr(agreement_months, "MIN_SEARCHES", 2)
    early, disputed, late, under_way = searches(office, gallery, 4)
    conclude(office, early, {1})
    examine(office.actor("first"), disputed, {1})
    examine(office.actor("second"), disputed, {2})
    examine(office.actor("supervisor"), disputed)
    conclude(office, late)
    examine(office.actor("first"), under_way, {1})
    examine(office.actor("second"), under_way)  # in adjudication: nothing of it is told
    backdate(early, "2026-01-05 00:00+00", "2026-01-30 10:00+00", "2026-01-31 12:00+00")
    # Already February at the agency's place, if that lies east of Greenwich.
    backdate(disputed, "2026-01-31 10:00+00", "2026-01-31 11:00+00", "2026-01-31 23:30+00")
    backdate(late, "2026-03-01 00:00+00", "2026-03-02 00:00+00", "2026-03-03 00:00+00")
    end = date(2026, 3, 31)
    with timezone.override("UTC"):
        january, february, march = decided_alike(None, end)
        assert (january.n, january.values) == (10, [0.8])
        assert january.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
        assert (february.n, february.values, march.n, march.values) == (0, None, 5, None)
        times = hours_to_conclusion(None, end)
        assert [month.n for month in times] == [2, 0, 1]
        first = 26 * 24 + 12.0
        assert times[0].values == pytest.approx([(first + 13.5) / 2, 13.5 + 0.9 * (first - 13.5)])
        assert [month.n for month in decided_alike(march.first, end)] == [5]
        assert hours_to_conclusion(None, january.first) == []
    with timezone.override("Europe/Paris"):
        assert [month.n for month in hours_to_conclusion(None, end)] == [1, 1, 1]
    monkeypatch.setattr(agreement_months, "MOST_MONTHS", 1)
    assert [month.first for month in decided_alike(None, end)] == [march.first]


def test_hours_are_written_shortly() -> None:
    assert [hours(value) for value in (0, 3.04, 9.5, 48.2, 5)] == [
        "0 h",
        "3.0 h",
        "9.5 h",
        "48 h",
        "5 h",
    ]


# --- The page -----------------------------------------------------------------------------------


def test_the_page_shows_and_records(office: Office, gallery: Gallery, client: Client) -> None:
    for search in searches(office, gallery, 6):
        conclude(office, search, {1})
    client.force_login(office.people["auditor"])
    response = client.get(reverse("agreement"), {"first": "2020-01-01"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "first@alder.example" in page
    assert response.context["found"].kappa.value == 1.0
    assert "not measured" in page  # 24 distractors are too few
    assert page.count('role="img"') == 2  # by month: the share decided alike, and the hours
    assert response.context["by_month"].table.rows[0].cells[:2] == ["30", "100 %"]
    assert response.context["turnaround"].table.rows[0].cells[:2] == ["6", "too few"]
    entry = AuditEntry.objects.get(agency_id=office.agency.pk, action="agreement.viewed")
    assert entry.data == {"from": "2020-01-01", "to": ""}


def test_a_period_that_is_none_is_refused(office: Office, client: Client) -> None:
    client.force_login(office.people["supervisor"])
    for values in ({"first": "x"}, {"first": "2026-02-01", "last": "2026-01-01"}):
        assert client.get(reverse("agreement"), values).status_code == 422
    assert not AuditEntry.objects.filter(action="agreement.viewed").exists()
    assert "nothing to count" in client.get(reverse("agreement")).content.decode()


def test_it_costs_the_same_whatever_it_counts(
    office: Office, gallery: Gallery, client: Client
) -> None:
    client.force_login(join(office.agency, "all@alder.example", "All", *Role))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("agreement")).status_code == 200
        return len(seen)

    queries()
    few = queries()
    for search in searches(office, gallery, 4):
        conclude(office, search, {1})
    assert queries() == few
