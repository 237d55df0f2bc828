"""Searches and their authorization over the API: as on the pages, for the same people."""

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, Role
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Basis, Gallery, Probe, Search
from searches.services.searching import run_search
from tests.api.caller import Caller, caller, code
from tests.api.searches_cast import Callers, as_multipart, new_search
from tests.factories import PDF, make_case, make_policy, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, conclude, filled_gallery, make_office

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]
REASON = {"reason": "The facts tie the person to the case"}


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder)


@pytest.fixture
def callers(office: Office) -> Callers:
    return Callers(office)


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def probe(alder: Agency, office: Office) -> Probe:
    return make_probe(make_case(alder), person_jpeg(1))


def counted(agency: Agency) -> tuple[int, int]:
    with scope(agency.pk):
        return Search.objects.count(), AuditEntry.objects.filter(agency_id=agency.pk).count()


def test_a_search_is_asked_for_and_found(
    callers: Callers, probe: Probe, gallery: Gallery, alder: Agency
) -> None:
    made = callers["analyst"].post("api_searches", data=new_search(probe, gallery, limit=5))
    assert made.status_code == 201
    body = made.json()
    assert (body["stage"], body["face"], body["limit"]) == ("queued", 0, 5)
    assert made["Location"] == f"/api/v1/searches/{body['id']}/"
    run_search(UUID(body["id"]))
    found = callers["analyst"].get("api_search", body["id"]).json()
    assert (found["stage"], found["outcome"], found["failure"]) == ("examination", None, None)
    assert found["comparison"] == {"text": "Every picture was compared exactly", "scanned": []}
    assert found["grounds"]["galleries"][0]["name"] == "Register"
    assert len(found["grounds"]["galleries"][0]["version"]) == 64
    assert found["grounds"]["reason"] == "Seen at the harbour that night"
    assert [moment["act"] for moment in found["history"]] == ["Search submitted", "Search run"]
    viewed = AuditEntry.objects.filter(agency_id=alder.pk, action=Action.SEARCH_VIEWED)
    assert viewed.get().subject_id == body["id"]


def test_a_search_sent_again_is_done_once(callers: Callers, probe: Probe, gallery: Gallery) -> None:
    key = {"Idempotency-Key": "search/1"}
    said = new_search(probe, gallery)
    sent = [callers["analyst"].post("api_searches", data=said, headers=key) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert Search.objects.count() == 1


def test_a_document_comes_as_multipart_and_is_read_again(
    callers: Callers, probe: Probe, gallery: Gallery
) -> None:
    said = new_search(probe, gallery, basis="authorized", reference="Court of Harbour, 12/2026")
    said["document"] = SimpleUploadedFile("w.pdf", PDF, "application/pdf")
    made = callers["analyst"].post("api_searches", **as_multipart(said))
    assert made.status_code == 201, made.content
    assert made.json()["stage"] == "awaiting_authorization"
    asked = callers["analyst"].get("api_search", made.json()["id"]).json()
    assert asked["comparison"] is None, "nothing was compared yet"
    read = callers["supervisor"].get("api_document", made.json()["id"])
    assert (read.content, read["Content-Type"]) == (PDF, "application/pdf")
    assert code(callers["first"].get("api_document", made.json()["id"])) == (
        403,
        "permission_denied",
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"galleries": []}, "no_gallery"),
        ({"face": 3}, "face_not_in_probe"),
        ({"seen": "another picture"}, "edit_picture_changed"),
        ({"reason": "short"}, "search_reason_missing"),
        ({"facts": ""}, "facts_missing"),
        ({"basis": "authorized", "reference": "Court"}, "document_missing"),
        ({"limit": 1}, "input_invalid"),
        ({"purpose": "curiosity"}, "input_invalid"),
        ({"galleries": ["0f5f3c1c-8f9d-4f0e-8a53-5f6e1f0f2b22"]}, "input_invalid"),
        ({"grants": ["0f5f3c1c-8f9d-4f0e-8a53-5f6e1f0f2b22"]}, "input_invalid"),
        ({"document": "text"}, "input_invalid"),
    ],
)
def test_what_is_refused_makes_no_search(
    callers: Callers, probe: Probe, gallery: Gallery, changed: dict[str, object], expected: str
) -> None:
    before = counted(gallery_agency := callers.office.agency)
    callers["analyst"]
    before = counted(gallery_agency)
    refused = callers["analyst"].post("api_searches", data=new_search(probe, gallery, **changed))
    assert code(refused) == (422, expected)
    assert counted(gallery_agency) == before


def test_who_may_not_search_or_see_the_case(
    callers: Callers, probe: Probe, gallery: Gallery, birch: Agency, alder: Agency
) -> None:
    search = make_search(probe, [gallery], actor=callers.office.actor("analyst"))
    stranger = caller(alder, Role.ANALYST, name="stranger")
    theirs = caller(birch, Role.ANALYST, Role.SUPERVISOR, Role.EXAMINER)
    callers["first"], callers["auditor"]
    before = counted(alder)
    said = new_search(probe, gallery)
    assert code(callers["first"].post("api_searches", data=said)) == (403, "permission_denied")
    assert code(callers["auditor"].post("api_searches", data=said)) == (403, "permission_denied")
    assert code(stranger.post("api_searches", data=said)) == (403, "permission_denied")
    assert code(theirs.post("api_searches", data=said)) == (404, "not_found")
    for name in ("api_search", "api_search_events", "api_conclusion", "api_report", "api_receipt"):
        assert code(theirs.get(name, search.pk)) == (404, "not_found")
        assert code(stranger.get(name, search.pk)) == (403, "permission_denied")
        assert code(callers["first"].get(name, search.pk)) == (403, "permission_denied")
    for name in ("api_authorization", "api_authorization_refuse"):
        assert code(theirs.post(name, search.pk, data=REASON)) == (404, "not_found")
        assert code(stranger.post(name, search.pk, data=REASON)) == (403, "permission_denied")
    assert stranger.get("api_searches").json()["results"] == []
    assert theirs.get("api_searches").json()["results"] == []
    assert counted(alder) == before


def test_the_list_is_filtered(callers: Callers, probe: Probe, gallery: Gallery) -> None:
    actor = callers.office.actor("analyst")
    done = conclude(callers.office, make_search(probe, [gallery], actor=actor), {1})
    other = make_search(probe, [gallery], actor=actor, run=False)

    def found(**query: str) -> list[str]:
        rows = callers["analyst"].get("api_searches", query=query).json()["results"]
        return [row["id"] for row in rows]

    assert found() == [str(other.pk), str(done.pk)]
    assert found(case=str(probe.case_id), stage="concluded") == [str(done.pk)]
    assert found(outcome="lead") == [str(done.pk)]
    assert found(state="queued", q="harbour") == [str(other.pk)]
    moment = other.created_at.isoformat()
    assert found(created_after=moment) == [str(other.pk)]
    assert found(created_before=moment) == [str(done.pk)]
    assert code(callers["analyst"].get("api_searches", query={"stage": "lost"}))[0] == 400


def test_lists_cost_the_same_for_many(callers: Callers, probe: Probe, gallery: Gallery) -> None:
    def cost(who: str, name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert callers[who].get(name).status_code == 200
        return len(queries)

    lists = [
        ("analyst", "api_searches"),
        ("supervisor", "api_authorizations"),
        ("first", "api_examinations_waiting"),
    ]

    def more(number: int) -> None:
        actor = callers.office.actor("analyst")
        for _ in range(number):
            make_search(probe, [gallery], actor=actor)
            make_search(probe, [gallery], actor=actor, basis=Basis.URGENT)

    more(1)
    first = [cost(*one) for one in [*lists, *lists]][len(lists) :]
    more(3)
    assert [cost(*one) for one in lists] == first


def test_another_person_authorizes(
    callers: Callers, probe: Probe, gallery: Gallery, alder: Agency
) -> None:
    make_policy(alder, authorize_every_search=True)
    made = callers["deputy"].post("api_searches", data=new_search(probe, gallery)).json()
    assert made["authorization"] == "before"
    waiting = callers["supervisor"].get("api_authorizations").json()["results"]
    assert [(row["id"], row["part"], row["is_own"]) for row in waiting] == [
        (made["id"], "before", False)
    ]
    read = callers["supervisor"].get("api_authorization", made["id"]).json()
    assert read["grounds"]["facts"] == "The camera shows the person at 21:40"
    assert read["previous"]["in_case"] == 0
    own = callers["deputy"].post("api_authorization", made["id"], data=REASON)
    assert code(own) == (422, "own_search")
    short = callers["supervisor"].post("api_authorization", made["id"], data={"reason": "no"})
    assert code(short) == (422, "decision_reason_missing")
    done = callers["supervisor"].post("api_authorization", made["id"], data=REASON)
    assert (done.status_code, done.json()["stage"]) == (200, "queued")
    again = callers["supervisor"].post("api_authorization", made["id"], data=REASON)
    assert code(again) == (422, "not_awaiting_authorization")
    assert code(callers["supervisor"].get("api_authorization", made["id"])) == (
        409,
        "not_awaiting_authorization",
    )


def test_a_refused_search_is_erased_with_a_receipt(
    callers: Callers, probe: Probe, gallery: Gallery
) -> None:
    search = make_search(
        probe, [gallery], actor=callers.office.actor("analyst"), basis=Basis.URGENT, facts=""
    )
    assert code(callers["analyst"].get("api_receipt", search.pk)) == (404, "not_found")
    done = callers["supervisor"].post("api_authorization_refuse", search.pk, data=REASON)
    assert (done.status_code, done.json()["stage"]) == (200, "refused")
    receipt = callers["analyst"].get("api_receipt", search.pk).json()
    assert receipt["signature"]["kind"] == "erasure"
    assert callers["analyst"].get("api_search", search.pk).json()["grounds"]["reason"] == ""
    assert code(callers["analyst"].get("api_candidates", search.pk)) == (409, "content_erased")


def test_a_token_does_what_it_was_made_for(
    callers: Callers, probe: Probe, gallery: Gallery
) -> None:
    office = callers.office
    narrow = Caller(office.agency, office.people["analyst"], Permission.SEARCH)
    made = narrow.post("api_searches", data=new_search(probe, gallery))
    assert made.status_code == 201
    assert code(narrow.get("api_search", made.json()["id"])) == (403, "permission_denied")
    assert code(narrow.get("api_searches")) == (403, "permission_denied")
