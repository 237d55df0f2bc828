"""From submission to conclusion through the services: every way, and what is refused on it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import Agency
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.images import decode
from searches.models import (
    Authorization,
    Basis,
    ErasureReceipt,
    ExaminationItem,
    Gallery,
    JobState,
    Search,
    SearchToken,
    Stage,
)
from searches.recognition import embed_face, engine, image_limits
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.case_limits import hold_case
from searches.services.concluding import report_follow_up
from searches.services.examining import (
    decide,
    return_examination,
    start_examination,
    submit_examination,
)
from searches.services.searching import run_search
from searches.services.timers import run_timers
from tests.factories import (
    make_case,
    make_gallery,
    make_image,
    make_policy,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.procedure import (
    DISSIMILAR,
    SIMILAR,
    Office,
    candidates_of,
    conclude,
    examine,
    filled_gallery,
    searched,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT: dict[str, Any] = {
    "basis": Basis.AUTHORIZED,
    "reference": "Court of Harbour, 12/2026",
    "document": b"%PDF-1.7 a warrant",
}
URGENT: dict[str, Any] = {"basis": Basis.URGENT}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with five candidates of eight subjects, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=5)


def code_of(act: Callable[..., object], **arguments: object) -> str:
    with pytest.raises(Fault) as fault:
        act(**arguments)
    return fault.value.code


def test_two_who_retain_nobody_conclude_without_a_lead(office: Office, search: Search) -> None:
    assert search.stage == Stage.EXAMINATION
    conclude(office, search)
    assert (search.stage, search.conclusions.get().outcome) == (Stage.CONCLUDED, "no_lead")


def test_two_who_retain_the_same_conclude_a_lead(office: Office, search: Search) -> None:
    conclude(office, search, {2})
    assert (search.stage, search.conclusions.get().outcome) == (Stage.CONCLUDED, "lead")


def test_doubt_of_one_makes_it_inconclusive(office: Office, search: Search) -> None:
    examine(office.actor("first"), search, unsure={3})
    examine(office.actor("second"), search)
    assert search.conclusions.get().outcome == "inconclusive"


@pytest.mark.parametrize(("kept", "outcome"), [({1}, "lead"), (set(), "no_lead")])
def test_a_disagreement_goes_to_an_adjudicator(
    office: Office, search: Search, kept: set[int], outcome: str
) -> None:
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search)
    assert search.stage == Stage.ADJUDICATION
    third = examine(office.actor("supervisor"), search, kept)
    assert [item.candidate.rank for item in third.items.all()] == [1]  # the disputed alone
    assert (search.stage, search.conclusions.get().outcome) == (Stage.CONCLUDED, outcome)


def test_the_second_sees_distractors_and_another_order(office: Office, search: Search) -> None:
    first = examine(office.actor("first"), search)
    second = start_examination(actor=office.actor("second"), search=search)
    ranks = [item.candidate.rank if item.candidate else 0 for item in second.items.all()]
    assert sorted(ranks) == [0, 0, 1, 2, 3, 4, 5]
    assert [item.candidate.rank for item in first.items.all()] == [1, 2, 3, 4, 5]
    subjects = {item.subject_id for item in second.items.filter(candidate=None)}
    assert not subjects & {c.subject_id for c in candidates_of(search)}


def test_an_empty_list_is_examined_twice_as_well(office: Office, alder: Agency) -> None:
    search = searched(office, person_jpeg(1), make_gallery(alder, "Empty"))
    assert candidates_of(search) == []
    conclude(office, search)
    assert search.conclusions.get().outcome == "no_lead"


def test_nobody_takes_two_rounds(office: Office, search: Search) -> None:
    examine(office.actor("first"), search)
    again = {"actor": office.actor("first"), "search": search}
    assert code_of(start_examination, **again) == "examiner_not_independent"
    assert search.examinations.count() == 1


def test_whoever_gave_an_examination_back_takes_no_other_round(
    office: Office, search: Search
) -> None:
    seen = start_examination(actor=office.actor("second"), search=search)
    return_examination(actor=office.actor("second"), examination=seen)
    examine(office.actor("first"), search)
    again = {"actor": office.actor("second"), "search": search}
    assert code_of(start_examination, **again) == "examiner_not_independent"
    examine(office.actor("third"), search)
    assert search.stage == Stage.CONCLUDED


def test_a_round_is_taken_once(office: Office, search: Search) -> None:
    mine = start_examination(actor=office.actor("first"), search=search)
    assert start_examination(actor=office.actor("first"), search=search) == mine
    other = {"actor": office.actor("second"), "search": search}
    assert code_of(start_examination, **other) == "examination_taken"


def test_an_analyst_without_the_right_examines_nothing(office: Office, search: Search) -> None:
    with pytest.raises(PermissionDenied):
        start_examination(actor=office.actor("analyst"), search=search)
    assert search.examinations.count() == 0


def test_every_face_has_to_be_decided(office: Office, search: Search) -> None:
    examination = start_examination(actor=office.actor("first"), search=search)
    submit = {"actor": office.actor("first"), "examination": examination}
    assert code_of(submit_examination, **submit) == "candidates_undecided"


@pytest.mark.parametrize(
    ("disposition", "features", "comment", "code"),
    [
        ("retained", {"eyes": "similar", "nose": "similar"}, "", "checklist_incomplete"),
        ("excluded", {}, "", "checklist_incomplete"),
        ("inconclusive", SIMILAR, "", "checklist_incomplete"),
        ("identified", SIMILAR, "", "disposition_unknown"),
        ("excluded", {"gait": "dissimilar"}, "", "disposition_unknown"),
        ("excluded", {"nose": "75 %"}, "", "disposition_unknown"),
        ("excluded", DISSIMILAR, "x" * 4001, "text_too_long"),
    ],
)
def test_a_decision_needs_its_checklist(
    office: Office,
    search: Search,
    disposition: str,
    features: dict[str, str],
    comment: str,
    code: str,
) -> None:
    examination = start_examination(actor=office.actor("first"), search=search)
    asked = {"position": 1, "disposition": disposition, "features": features, "comment": comment}
    got = code_of(decide, actor=office.actor("first"), examination=examination, **asked)
    assert (got, examination.items.get(position=1).disposition) == (code, "")


def test_a_submitted_examination_does_not_change(office: Office, search: Search) -> None:
    examination = examine(office.actor("first"), search)
    asked = {"position": 1, "disposition": "retained", "features": SIMILAR, "comment": ""}
    got = code_of(decide, actor=office.actor("first"), examination=examination, **asked)
    assert (got, examination.items.get(position=1).disposition) == (
        "examination_closed",
        "excluded",
    )


def test_somebody_elses_examination_is_forbidden(office: Office, search: Search) -> None:
    examination = start_examination(actor=office.actor("first"), search=search)
    with pytest.raises(PermissionDenied):
        submit_examination(actor=office.actor("second"), examination=examination)


def test_comments_are_sealed(office: Office, search: Search) -> None:
    examination = start_examination(actor=office.actor("first"), search=search)
    asked = {"position": 1, "disposition": "excluded", "features": {}, "comment": "Other ears"}
    decide(actor=office.actor("first"), examination=examination, **asked)  # type: ignore[arg-type]
    item = ExaminationItem.objects.get(examination=examination, position=1)
    assert item.comment == "Other ears"
    assert b"Other ears" not in bytes(item.comment_sealed)


# --- Authorization ------------------------------------------------------------------------------


def test_a_warrant_waits_for_a_supervisor(office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    assert (search.stage, search.state) == (Stage.AWAITING_AUTHORIZATION, JobState.HELD)
    run_search(search.pk)  # a bell that somebody forged
    search.refresh_from_db()
    assert search.state == JobState.HELD
    authorize_search(actor=office.actor("supervisor"), search=search, reason="The warrant is valid")
    search.refresh_from_db()
    assert (search.stage, search.state) == (Stage.QUEUED, JobState.QUEUED)
    run_search(search.pk)
    search.refresh_from_db()
    assert search.stage == Stage.EXAMINATION
    document = json.loads(SearchToken.objects.get().document)
    assert document["authorized_by"] == office.people["supervisor"].pk


def test_nobody_authorizes_their_own(office: Office, gallery: Gallery) -> None:
    probe = make_probe(make_case(office.agency), person_jpeg(1))
    search = make_search(probe, [gallery], run=False, actor=office.actor("deputy"), **WARRANT)
    decision = {"search": search, "reason": "Because I say so"}
    assert code_of(authorize_search, actor=office.actor("deputy"), **decision) == "own_search"
    assert code_of(refuse_search, actor=office.actor("deputy"), **decision) == "own_search"
    with pytest.raises(PermissionDenied):
        authorize_search(actor=office.actor("analyst"), **decision)  # type: ignore[arg-type]
    assert not Authorization.objects.exists()


def test_the_policy_of_the_agency_can_ask_for_every_search(
    office: Office, gallery: Gallery, alder: Agency
) -> None:
    make_policy(alder, authorize_every_search=True)
    search = searched(office, person_jpeg(1), gallery, run=False)
    assert search.stage == Stage.AWAITING_AUTHORIZATION


@pytest.mark.parametrize(
    ("grounds", "code"),
    [
        ({"basis": "hunch"}, "basis_unknown"),
        ({"reason": "because"}, "search_reason_missing"),
        ({"facts": " "}, "facts_missing"),
        ({**WARRANT, "reference": ""}, "authorization_reference_missing"),
        ({**WARRANT, "document": b""}, "document_missing"),
        ({**WARRANT, "document": b"MZ"}, "document_not_accepted"),
        ({"reason": "x" * 4001}, "text_too_long"),
    ],
)
def test_grounds_that_lack_something_make_no_search(
    office: Office, gallery: Gallery, grounds: dict[str, object], code: str
) -> None:
    with pytest.raises(Fault) as fault:
        searched(office, person_jpeg(1), gallery, run=False, **grounds)
    assert (fault.value.code, Search.objects.count()) == (code, 0)


def test_a_refusal_erases_and_leaves_a_receipt(office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    assert search.reason.startswith("Seen")
    refuse_search(actor=office.actor("supervisor"), search=search, reason="Not a serious offence")
    search = Search.objects.select_related("probe").get()
    assert (search.stage, search.state, search.reason) == (Stage.REFUSED, JobState.FAILED, "")
    assert (search.probe.file_key, search.probe.faces, search.document_key) == ("", [], "")
    receipt = ErasureReceipt.objects.get().document
    assert receipt["probe_sha256"] == search.probe.sha256
    assert (receipt["cause"], receipt["probe_erased"]) == ("refused", True)


def test_an_urgent_search_may_be_examined_for_48_hours(office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, **URGENT)
    assert search.authorize_by is not None
    assert search.authorize_by - search.created_at < timedelta(hours=48, minutes=1)
    conclude(office, search)
    assert search.stage == Stage.CONCLUDED


def test_urgent_results_lock_when_nobody_authorized_in_time(
    office: Office, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searches.services.grounds.URGENT_HOURS", -1)  # it ran two days ago
    search = searched(office, person_jpeg(1), gallery, **URGENT)
    take = {"actor": office.actor("first"), "search": search}
    assert code_of(start_examination, **take) == "results_locked"
    assert run_timers() == 1
    assert run_timers() == 0
    assert AuditEntry.objects.filter(action="results.locked").count() == 1
    authorize_search(actor=office.actor("supervisor"), search=search, reason="Late but justified")
    conclude(office, search)
    assert search.stage == Stage.CONCLUDED


def test_an_urgent_search_that_is_refused_loses_its_result(
    office: Office, gallery: Gallery
) -> None:
    search = conclude(office, searched(office, person_jpeg(1), gallery, **URGENT), {1})
    before = len(candidates_of(search))
    refuse_search(actor=office.actor("supervisor"), search=search, reason="There was no urgency")
    search.refresh_from_db()
    assert (search.stage, search.state) == (Stage.REFUSED, JobState.DONE)
    assert (search.candidates.count(), search.examinations.count()) == (0, 0)
    assert search.conclusions.count() == 0
    assert ErasureReceipt.objects.get().document["erased"]["candidates"] == before


def test_a_request_that_nobody_decides_lapses(office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert run_timers() == 1
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.EXPIRED, "authorization_lapsed")
    assert ErasureReceipt.objects.get().document["cause"] == "expired"


def test_a_legal_hold_keeps_what_would_be_erased(office: Office, gallery: Gallery) -> None:
    search = searched(office, person_jpeg(1), gallery, run=False, **WARRANT)
    hold_case(actor=office.actor("supervisor"), case=search.case, reason="A court asked for it")
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert run_timers() == 0
    refusal = {"search": search, "reason": "Not a serious offence"}
    assert code_of(refuse_search, actor=office.actor("supervisor"), **refusal) == "case_under_hold"
    search.refresh_from_db()
    assert (search.stage, search.probe.file_key != "") == (Stage.AWAITING_AUTHORIZATION, True)
    assert not Authorization.objects.exists()


# --- The sealed token ---------------------------------------------------------------------------


def test_pictures_enrolled_after_the_seal_are_not_searched(
    office: Office, gallery: Gallery
) -> None:

    search = searched(office, person_jpeg(1), gallery, run=False)
    pixels = decode(person_jpeg(1), image_limits()).rgb
    own = embed_face(pixels, search.face)
    make_image(gallery, "S-LATE", own, engine().contract.id)
    run_search(search.pk)
    search.refresh_from_db()
    assert search.templates_searched == 8
    assert "S-LATE" not in {c.subject.reference for c in candidates_of(search)}


def test_a_follow_up_comes_after_the_conclusion(office: Office, search: Search) -> None:
    told = {"actor": office.actor("analyst"), "outcome": "confirmed", "note": "Fingerprints"}
    assert code_of(report_follow_up, search=search, **told) == "not_concluded"
    conclude(office, search, {1})
    report_follow_up(search=search, **told)  # type: ignore[arg-type]
    row = search.follow_ups.get()
    assert (row.outcome, row.note) == ("confirmed", "Fingerprints")


def test_the_record_names_who_verified(office: Office, search: Search) -> None:
    conclude(office, search, {1})
    entry = AuditEntry.objects.get(action="search.concluded")
    people = [office.people["first"].pk, office.people["second"].pk]
    assert entry.data["examiners"] == people
    assert entry.data["retained"] == [1, 1]
    with scope(office.agency.pk):
        assert "Seen at the harbour" not in json.dumps(
            list(AuditEntry.objects.values_list("data", flat=True))
        )
