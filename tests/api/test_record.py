"""The record over the API: filters, pages, one entry, who looked; and what blindness hides."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Role
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Search
from searches.services.case_limits import change_cap
from searches.services.examining import start_examination
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts, statements
from tests.conftest import join
from tests.factories import make_case, person_jpeg
from tests.oversight.cast import change, client_of, entry_at
from tests.searches.procedure import Office, examine, filled_gallery, make_office, searched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def uma(alder: Agency) -> Caller:
    return caller(alder, Role.AUDITOR, name="uma")


def ids(caller: Caller, **query: str) -> list[int]:
    answer = caller.get("api_record", query=query)
    assert answer.status_code == 200
    return [one["id"] for one in answer.json()["results"]]


def test_pages_miss_nothing_while_reading_is_recorded(alder: Agency, uma: Caller) -> None:
    now = timezone.now()
    mine = [entry_at(alder, now - timedelta(minutes=9 - n), uma.user) for n in range(7)]
    page = uma.get("api_record", query={"action": "case.viewed", "page_size": "3"}).json()
    seen = [one["id"] for one in page["results"]]
    headers = {"Authorization": f"Bearer {uma.text}"}
    while page["next"]:
        page = Client().get(page["next"], headers=headers).json()
        seen += [one["id"] for one in page["results"]]
    assert seen == mine[::-1]
    assert page["blind"] is False
    with scope(alder.pk):
        viewed = AuditEntry.objects.filter(action=Action.RECORD_VIEWED)
        assert [one.data for one in viewed] == [{"filters": ["action"]}] * 3
        assert {one.source for one in viewed} == {f"127.0.0.1 (token {uma.token.pk})"}


def test_a_period_goes_by_time_also_within_one_moment(alder: Agency, uma: Caller) -> None:
    noon = timezone.now().replace(hour=12) - timedelta(days=9)
    late = [entry_at(alder, noon, uma.user) for _ in range(5)]
    early = entry_at(alder, noon - timedelta(hours=1), uma.user)
    entry_at(alder, noon + timedelta(days=1), uma.user)
    day = f"{noon:%Y-%m-%d}"
    page = uma.get("api_record", query={"first": day, "last": day, "page_size": "2"}).json()
    seen = [one["id"] for one in page["results"]]
    headers = {"Authorization": f"Bearer {uma.text}"}
    while page["next"]:
        page = Client().get(page["next"], headers=headers).json()
        seen += [one["id"] for one in page["results"]]
    assert seen == [*late[::-1], early]


def test_days_are_those_of_the_owner(alder: Agency) -> None:
    change(alder, time_zone="Pacific/Auckland")
    uma = caller(alder, Role.AUDITOR, name="uma")
    at = timezone.now().replace(year=2026, month=3, day=10, hour=20)  # the 11th over there
    pk = entry_at(alder, at, uma.user)
    assert ids(uma, first="2026-03-11", last="2026-03-11") == [pk]
    assert ids(uma, first="2026-03-10", last="2026-03-10") == []
    row = uma.get("api_record", query={"first": "2026-03-11", "last": "2026-03-11"}).json()
    assert row["results"][0]["at"].startswith("2026-03-10T20:")


def test_filters_are_those_of_the_page(alder: Agency, uma: Caller) -> None:
    ana = join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    by_ana = entry_at(alder, timezone.now(), ana, "login.failed")
    entry_at(alder, timezone.now(), uma.user, "login.failed")
    assert ids(uma, person=str(ana.pk), action="login.failed", q="10.1.2.3") == [by_ana]
    assert ids(uma, q=f"#{by_ana}") == [by_ana]
    with scope(alder.pk):
        case = make_case(alder, "A-17")
    by_number = ids(uma, case="a-17")
    assert by_number
    assert by_number == ids(uma, case=str(case.pk))


@pytest.mark.parametrize(
    "query",
    [
        {"person": "999999"},
        {"action": "nothing.done"},
        {"outcome": "x"},
        {"case": "unknown"},
        {"first": "0001-01-01"},
        {"first": "2026-05-02", "last": "2026-05-01"},
        {"q": "x" * 201},
        {"q": "\0"},
        {"ordering": "source"},
    ],
)
def test_what_makes_no_sense_is_refused_and_not_recorded(
    uma: Caller, query: dict[str, str]
) -> None:
    status, said = code(uma.get("api_record", query=query))
    assert (status, said in ("query_invalid", "cursor_invalid")) == (400, True)
    assert acts(uma.agency.pk, Action.RECORD_VIEWED) == 0


def test_another_agency_has_a_record_of_its_own(alder: Agency, birch: Agency, uma: Caller) -> None:
    with scope(birch.pk):
        theirs = entry_at(
            birch, timezone.now(), join(birch, "una@birch.example", "Una", Role.AUDITOR)
        )
    assert code(uma.get("api_record_entry", theirs)) == (404, "not_found")
    assert code(uma.get("api_record_entry", 2**70)) == (404, "not_found")
    assert ids(uma, q=f"#{theirs}") == []
    assert acts(birch.pk, Action.RECORD_ENTRY_VIEWED) == 0


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR, Role.ANALYST, Role.EXAMINER])
def test_others_do_not_read_it(alder: Agency, role: Role) -> None:
    other = caller(alder, role, name="other")
    assert code(other.get("api_record")) == (403, "permission_denied")
    assert code(other.get("api_record_entry", 1)) == (403, "permission_denied")


def test_an_entry_with_what_was_written_and_its_link(alder: Agency, uma: Caller) -> None:
    with scope(alder.pk):
        case, actor = make_case(alder, "A-17"), command_actor("test", alder.pk)
        change_cap(actor=actor, case=case, cap=7, reason="A second house was searched")
        pk = AuditEntry.objects.get(action=Action.CASE_CAP_CHANGED).pk
    found = uma.get("api_record_entry", pk).json()
    assert found["content"] == {"reason": "A second house was searched"}
    assert (found["content_wrong"], found["link"], found["case"]) == (False, None, str(case.pk))
    made = take_checkpoint(alder.pk)
    assert made is not None
    assert uma.get("api_record_entry", pk).json()["link"]["checkpoint"] == made.number
    assert acts(alder.pk, Action.RECORD_ENTRY_VIEWED) == 2


def test_the_list_takes_as_many_statements_for_many_rows(alder: Agency, uma: Caller) -> None:
    query = {"action": "case.viewed"}
    entry_at(alder, timezone.now(), uma.user)
    few = statements(uma, "api_record", query=query)
    for _ in range(20):
        entry_at(alder, timezone.now(), uma.user)
    assert statements(uma, "api_record", query=query) == few


@pytest.fixture
def office(alder: Agency, models: object) -> Office:
    return make_office(alder, seer=[Role.EXAMINER, Role.AUDITOR])


@pytest.fixture
def search(alder: Agency, office: Office) -> Search:
    with scope(alder.pk):
        found = searched(office, person_jpeg(1), filled_gallery(alder, 7), limit=4)
        examine(office.actor("first"), found)
    return found


def test_who_may_examine_reads_of_no_examination_before_the_conclusion(
    alder: Agency, office: Office, search: Search
) -> None:
    blind = Caller(alder, office.people["seer"])
    open_eyed = Caller(alder, office.people["auditor"])
    found = open_eyed.get("api_record", query={"action": Action.EXAMINATION_SUBMITTED}).json()
    assert (len(found["results"]), found["blind"]) == (1, False)
    hidden = blind.get("api_record", query={"action": Action.EXAMINATION_SUBMITTED}).json()
    assert (hidden["results"], hidden["blind"]) == ([], True)
    pk = found["results"][0]["id"]
    assert code(blind.get("api_record_entry", pk)) == (404, "not_found")
    with scope(alder.pk):
        examine(office.actor("second"), search)
    assert len(ids(blind, action=Action.EXAMINATION_SUBMITTED)) == 2


def test_who_looked_by_person(alder: Agency, birch: Agency, office: Office, search: Search) -> None:
    analyst = Caller(alder, office.people["analyst"])
    supervisor = Caller(alder, office.people["supervisor"])
    for _ in range(2):
        assert analyst.get("api_case", search.case_id).status_code == 200
    found = supervisor.get("api_case_looks", search.case_id).json()
    by = {one["by"]: one["count"] for one in found["people"]}
    assert by["analyst@alder.example"] == 2
    assert found["count"] == sum(by.values())
    assert {"case.viewed"} <= {one["action"] for one in found["latest"]}
    assert supervisor.get("api_search_looks", search.pk).status_code == 200
    with scope(alder.pk):
        subject = search.candidates.values_list("subject_id", flat=True)[0]
    assert supervisor.get("api_subject_looks", subject).status_code == 200
    assert acts(alder.pk, Action.LOOKS_VIEWED) == 3
    assert code(analyst.get("api_case_looks", search.case_id)) == (403, "permission_denied")
    stranger = caller(birch, Role.AUDITOR, name="una")
    for kind, pk in (("case", search.case_id), ("search", search.pk), ("subject", subject)):
        assert code(stranger.get(f"api_{kind}_looks", pk)) == (404, "not_found")
    assert acts(birch.pk, Action.LOOKS_VIEWED) == 0


def test_blind_eyes_do_not_see_who_looked_at_candidates(
    alder: Agency, office: Office, search: Search
) -> None:
    second = office.people["second"]
    with scope(alder.pk):
        taken = start_examination(actor=office.actor("second"), search=search)
    page = reverse("examination", args=[taken.pk])
    assert client_of(second).get(page).status_code == 200
    blind = Caller(alder, office.people["seer"]).get("api_search_looks", search.pk).json()
    seen = Caller(alder, office.people["auditor"]).get("api_search_looks", search.pk).json()
    assert (blind["blind"], seen["blind"]) == (True, False)
    assert second.email not in str(blind)
    assert second.email in str(seen)


def test_the_export_is_that_of_the_page(alder: Agency, uma: Caller) -> None:
    entry_at(alder, timezone.now(), uma.user)
    answer = uma.get("api_record_export", query={"action": "case.viewed"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as export:
        assert "candor_verify.py" in export.namelist()
    assert acts(alder.pk, Action.RECORD_EXPORTED) == 1
    for query in ({"first": "yesterday"}, {"stauts": "done"}):
        assert code(uma.get("api_record_export", query=query)) == (400, "query_invalid")
    other = caller(alder, Role.ADMIN, name="other")
    assert code(other.get("api_record_export")) == (403, "permission_denied")
    assert acts(alder.pk, Action.RECORD_EXPORTED) == 1
