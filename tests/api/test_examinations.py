"""From examination to conclusion over the API: blind, by different people, and told afterwards."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone

from accounts.models import Agency, Role
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Basis, Examination, ExaminationItem, Gallery, Search
from tests.api.caller import caller, code
from tests.api.searches_cast import Callers, examined, text_of
from tests.factories import make_case, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, conclude, examine, filled_gallery, make_office

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]
EXCLUDED = {"disposition": "excluded", "features": {"nose": "dissimilar"}}
RESULT = ("api_conclusion", "api_candidates", "api_report", "api_bundle")


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
def search(office: Office, gallery: Gallery) -> Search:
    probe = make_probe(make_case(office.agency), person_jpeg(1))
    return make_search(probe, [gallery], limit=3, actor=office.actor("analyst"))


def test_two_programs_examine_and_it_is_concluded(callers: Callers, search: Search) -> None:
    waiting = callers["first"].get("api_examinations_waiting").json()["results"]
    assert [(row["search"], row["round"]) for row in waiting] == [(str(search.pk), 1)]
    assert examined(callers["first"], search.pk, {1})["state"] == "submitted"
    item = ExaminationItem.objects.select_related("candidate").get(position=1)
    assert item.candidate is not None
    assert item.candidate.rank == 1
    examine(callers.office.actor("second"), search, {1})
    told = callers["analyst"].get("api_conclusion", search.pk).json()
    assert (told["outcome"], told["leads"], told["candidates"]) == ("lead", [1], 3)
    assert "not an identification" in told["statement"]
    assert [one["examiner"] for one in told["rounds"]] == [
        "first@alder.example",
        "second@alder.example",
    ]
    rows = callers["analyst"].get("api_candidates", search.pk).json()["results"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert (rows[0]["is_lead"], len(rows[0]["judgements"])) == (True, 2)
    assert rows[0]["reference"].startswith("S-")


def test_the_second_examiner_is_told_nothing(callers: Callers, search: Search) -> None:
    examine(callers.office.actor("first"), search, {1})
    pk = callers["second"].post("api_examination_take", search.pk).json()["id"]
    answer = callers["second"].get("api_examination", pk)
    faces = answer.json()["faces"]
    assert len(faces) > 3
    keys: dict[str, object] = {
        "disposition": "",
        "features": {},
        "comment": "",
        "picture_erased_at": None,
    }
    keys |= {"opinions": [], "similarity": None, "was_mixed_in": None}
    assert faces == [{"position": n, **keys} for n in range(1, len(faces) + 1)]
    said = text_of(answer)
    for secret in ("S-0", "first@", "analyst@", "2026-001", str(search.pk), str(search.case_id)):
        assert secret not in said
    face = callers["second"].get("api_examination_face", pk, 1).json()
    assert face == faces[0]
    viewed = AuditEntry.objects.filter(action=Action.FACE_VIEWED, subject_id=pk)
    assert viewed.get().data["position"] == 1


def test_what_is_mixed_in_is_told_after_the_conclusion(callers: Callers, search: Search) -> None:
    examine(callers.office.actor("first"), search, {1})
    own = examined(callers["second"], search.pk)
    before = callers["second"].get("api_examination", own["id"]).json()["faces"]
    assert {(face["similarity"], face["was_mixed_in"]) for face in before} == {(None, None)}
    examine(callers.office.actor("supervisor"), search)
    after = callers["second"].get("api_examination", own["id"]).json()["faces"]
    assert sum(face["similarity"] is not None for face in after) == 3
    assert all(face["was_mixed_in"] == (face["similarity"] is None) for face in after)
    assert code(callers["second"].get("api_examination_face", own["id"], 1))[0] == 410


def test_an_adjudicator_sees_both_opinions_and_not_whose(callers: Callers, search: Search) -> None:
    examine(callers.office.actor("first"), search, {1})
    examine(callers.office.actor("second"), search, {2})
    waiting = callers["supervisor"].get("api_adjudications_waiting").json()["results"]
    assert [row["round"] for row in waiting] == [3]
    pk = callers["supervisor"].post("api_examination_take", search.pk).json()["id"]
    answer = callers["supervisor"].get("api_examination", pk)
    assert [len(face["opinions"]) for face in answer.json()["faces"]] == [2, 2]
    assert "first@" not in text_of(answer)
    assert "second@" not in text_of(answer)


def test_people_are_kept_apart(callers: Callers, search: Search, birch: Agency) -> None:
    theirs = caller(birch, Role.EXAMINER, Role.SUPERVISOR)
    taken = callers["first"].post("api_examination_take", search.pk).json()["id"]
    assert callers["first"].post("api_examination_take", search.pk).json()["id"] == taken
    refused = callers["second"].post("api_examination_take", search.pk)
    assert code(refused) == (422, "examination_taken")
    assert code(callers["analyst"].post("api_examination_take", search.pk))[0] == 403
    assert code(theirs.post("api_examination_take", search.pk)) == (404, "not_found")
    for other, expected in (("second", 403), ("supervisor", 403), ("auditor", 403)):
        assert code(callers[other].get("api_examination", taken))[0] == expected
        put = callers[other].call("put", "api_examination_face", taken, 1, data=EXCLUDED)
        assert code(put)[0] == expected
        assert code(callers[other].post("api_examination_submit", taken))[0] == expected
    for name in ("api_examination", "api_examination_face"):
        args = [1] if name.endswith("face") else []
        assert code(theirs.get(name, taken, *args)) == (404, "not_found")
    assert code(theirs.post("api_examination_return", taken)) == (404, "not_found")
    examination = Examination.objects.get(pk=taken)
    assert examination.is_open
    assert not examination.items.exclude(disposition="").exists()


def test_whoever_took_the_first_round_or_asked_takes_no_second(
    alder: Agency, gallery: Gallery
) -> None:
    office = make_office(alder, both=[Role.ANALYST, Role.EXAMINER])
    callers = Callers(office)
    probe = make_probe(make_case(alder), person_jpeg(1))
    search = make_search(probe, [gallery], actor=office.actor("both"))
    examined(callers["first"], search.pk)
    again = callers["first"].post("api_examination_take", search.pk)
    assert code(again) == (422, "examiner_not_independent")
    assert code(callers["both"].post("api_examination_take", search.pk)) == (422, "own_search")
    assert callers["both"].get("api_examinations_waiting").json()["results"] == []


def test_decisions_need_their_checklist(callers: Callers, search: Search) -> None:
    pk = callers["first"].post("api_examination_take", search.pk).json()["id"]

    def decided(position: int, **said: object) -> tuple[int, str]:
        return code(callers["first"].call("put", "api_examination_face", pk, position, data=said))

    assert decided(1, disposition="retained", features={}) == (422, "checklist_incomplete")
    unknown = {"disposition": "excluded", "features": {"mood": "dissimilar"}}
    assert decided(1, **unknown) == (422, "disposition_unknown")
    assert decided(1, disposition="perhaps") == (422, "input_invalid")
    assert decided(99, **EXCLUDED) == (404, "not_found")
    early = callers["first"].post("api_examination_submit", pk)
    assert code(early) == (422, "candidates_undecided")


def test_it_is_given_back_and_gone(callers: Callers, search: Search) -> None:
    pk = callers["first"].post("api_examination_take", search.pk).json()["id"]
    listed = callers["first"].get("api_examinations").json()["results"]
    assert [row["id"] for row in listed] == [pk]
    assert callers["first"].post("api_examination_return", pk).status_code == 204
    assert code(callers["first"].get("api_examination", pk)) == (410, "examination_closed")
    assert callers["first"].get("api_examinations").json()["results"] == []


@pytest.mark.parametrize("name", RESULT)
def test_nothing_is_told_before_the_conclusion(callers: Callers, search: Search, name: str) -> None:
    examine(callers.office.actor("first"), search, {1})
    assert code(callers["auditor"].get(name, search.pk)) == (409, "not_concluded")
    viewed = AuditEntry.objects.filter(action=Action.CANDIDATES_VIEWED)
    assert not viewed.filter(actor_label="auditor@alder.example").exists()


@pytest.mark.parametrize("name", RESULT)
def test_locked_results_are_told_to_nobody(
    callers: Callers, office: Office, gallery: Gallery, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = make_probe(make_case(office.agency), person_jpeg(1))
    analyst = office.actor("analyst")
    search = make_search(probe, [gallery], limit=3, actor=analyst, basis=Basis.URGENT, facts="")
    conclude(office, search, {1})
    callers["auditor"]
    later = timezone.now() + timedelta(hours=49)
    monkeypatch.setattr("searches.services.stages.timezone.now", lambda: later)
    assert code(callers["auditor"].get(name, search.pk)) == (409, "results_locked")


def test_documents_are_saved_and_recorded(callers: Callers, search: Search) -> None:
    conclude(callers.office, search, {1})
    headers = {"Accept": "application/pdf"}
    report = callers["analyst"].get("api_report", search.pk, query={"lang": "fr"}, headers=headers)
    assert (report.status_code, report["Content-Type"]) == (200, "application/pdf")
    assert report.content.startswith(b"%PDF")
    assert "-fr.pdf" in report["Content-Disposition"]
    wrong = callers["analyst"].get("api_report", search.pk, query={"lang": "xx"})
    assert code(wrong) == (400, "query_invalid")
    assert code(callers["analyst"].get("api_bundle", search.pk)) == (403, "permission_denied")
    bundle = callers["auditor"].get("api_bundle", search.pk)
    assert bundle["Content-Type"] == "application/zip"
    assert ZipFile(BytesIO(b"".join(bundle.streaming_content))).testzip() is None
    actions = [Action.REPORT_DOWNLOADED, Action.BUNDLE_DOWNLOADED]
    assert AuditEntry.objects.filter(action__in=actions).count() == 2


def test_what_became_of_it_is_reported(
    callers: Callers, search: Search, birch: Agency, alder: Agency
) -> None:
    said = {"outcome": "confirmed", "note": "A witness knows the person"}
    early = callers["analyst"].post("api_follow_ups", search.pk, data=said)
    assert code(early) == (422, "not_concluded")
    conclude(callers.office, search, {1})
    theirs = caller(birch, Role.ANALYST)
    assert code(theirs.post("api_follow_ups", search.pk, data=said)) == (404, "not_found")
    made = callers["analyst"].post("api_follow_ups", search.pk, data=said)
    assert (made.status_code, made.json()["outcome"]) == (201, "confirmed")
    told = callers["auditor"].get("api_conclusion", search.pk).json()["follow_ups"]
    assert [(row["outcome"], row["note"]) for row in told] == [tuple(said.values())]
    wrong = callers["analyst"].post("api_follow_ups", search.pk, data={"outcome": "guilty"})
    assert code(wrong) == (422, "input_invalid")
    with scope(alder.pk):
        assert search.follow_ups.count() == 1
