"""Members, owner, notes and categories of cases for programs."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import command_actor
from accounts.models import Agency, Role
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case, CaseCategory, CaseMember, CaseNote
from searches.services.case_notes import add_note
from searches.services.case_people import add_member
from tests.api.caller import Caller, caller, code
from tests.conftest import join
from tests.factories import make_case, make_category

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


@pytest.fixture
def case(alder: Agency, ana_api: Caller) -> Case:
    with scope(alder.pk):
        return make_case(alder, owner=ana_api.user)


def counts(agency: Agency) -> list[int]:
    with scope(agency.pk):
        entries = AuditEntry.objects.filter(agency_id=agency.pk).count()
        return [entries, *(m.objects.count() for m in (CaseMember, CaseNote, CaseCategory))]


def noted(agency: Agency, action: Action) -> int:
    with scope(agency.pk):
        return AuditEntry.objects.filter(agency_id=agency.pk, action=action).count()


def queries_of(caller: Caller, name: str, *args: "uuid.UUID | str") -> int:
    with CaptureQueriesContext(connection) as queries:
        assert caller.get(name, *args).status_code == 200
    return len(queries)


# --- Notes --------------------------------------------------------------------------------------


def test_a_note_is_added_and_read(ana_api: Caller, case: Case, alder: Agency) -> None:
    made = ana_api.post("api_case_notes", case.pk, data={"text": "Heard again"})
    assert made.status_code == 201
    assert (made.json()["text"], made.json()["author"]) == ("Heard again", "pat@alder.example")
    listed = ana_api.get("api_case_notes", case.pk, query={"kind": "note"}).json()["results"]
    assert listed == [made.json()]
    assert ana_api.get("api_case_notes", case.pk, query={"kind": "held"}).json()["results"] == []
    assert noted(alder, Action.CASE_VIEWED) == 2
    thin = ana_api.get("api_case_notes", case.pk, query={"fields": "text"}).json()["results"]
    assert thin == [{"text": "Heard again"}]


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, None])
def test_a_note_says_something(ana_api: Caller, case: Case, alder: Agency, text: str) -> None:
    before = counts(alder)
    refused = ana_api.post("api_case_notes", case.pk, data={"text": text})
    assert code(refused) == (422, "input_invalid")
    assert counts(alder) == before


def test_notes_are_written_by_members(case: Case, alder: Agency, birch: Agency) -> None:
    lee, aud = (caller(alder, role, name=role.value) for role in (Role.SUPERVISOR, Role.AUDITOR))
    bob, ada = caller(birch, Role.ANALYST), caller(alder, Role.ADMIN, name="ada")
    before, note = counts(alder), {"text": "Not mine to say"}
    assert code(lee.post("api_case_notes", case.pk, data=note)) == (422, "case_not_a_member")
    assert code(aud.post("api_case_notes", case.pk, data=note)) == (403, "permission_denied")
    assert code(ada.get("api_case_notes", case.pk)) == (403, "permission_denied")
    answers = [bob.get("api_case_notes", case.pk), bob.post("api_case_notes", case.pk, data=note)]
    for answer in answers:
        assert code(answer) == (404, "not_found")
    assert counts(alder) == before
    assert lee.get("api_case_notes", case.pk).status_code == 200


# --- Members ------------------------------------------------------------------------------------


def test_members_come_go_and_own(ana_api: Caller, case: Case, alder: Agency) -> None:
    ben = join(alder, "ben@alder.example", "Ben", Role.ANALYST)
    people = ana_api.get("api_case_people", case.pk).json()["results"]
    assert people == [{"person": ben.pk, "email": "ben@alder.example", "name": "Ben"}]
    made = ana_api.post("api_case_members", case.pk, data={"person": ben.pk})
    assert made.status_code == 201
    row = made.json()
    assert (row["email"], row["is_owner"], row["has_access"]) == ("ben@alder.example", False, True)
    listed = ana_api.get("api_case_members", case.pk).json()["results"]
    assert [(one["name"], one["is_owner"]) for one in listed] == [("Pat", True), ("Ben", False)]
    again = ana_api.post("api_case_members", case.pk, data={"person": ben.pk})
    assert code(again) == (422, "case_member_already")
    owned = ana_api.post("api_case_owner", case.pk, data={"person": ben.pk})
    assert (owned.status_code, owned.json()["owner"]) == (200, "ben@alder.example")
    refused = ana_api.post("api_case_member_end", case.pk, row["id"])
    assert code(refused) == (403, "permission_denied")  # the case is not Pat's any more


def test_a_member_who_is_ended_sees_it_no_more(ana_api: Caller, case: Case, alder: Agency) -> None:
    ben = caller(alder, Role.ANALYST, name="ben")
    row = ana_api.post("api_case_members", case.pk, data={"person": ben.user.pk}).json()
    assert ben.get("api_case_members", case.pk).status_code == 200
    ended = ana_api.post("api_case_member_end", case.pk, row["id"])
    assert (ended.status_code, ended.json()["ended_at"] is None) == (200, False)
    assert code(ben.get("api_case_members", case.pk)) == (403, "permission_denied")
    assert code(ana_api.post("api_case_member_end", case.pk, row["id"])) == (404, "not_found")
    own = ana_api.get("api_case_members", case.pk).json()["results"][0]
    stays = ana_api.post("api_case_member_end", case.pk, own["id"])
    assert code(stays) == (422, "case_owner_stays")


def test_others_decide_nothing_about_members(case: Case, alder: Agency, birch: Agency) -> None:
    ben, bob = caller(alder, Role.ANALYST, name="ben"), caller(birch, Role.ANALYST)
    with scope(alder.pk):
        add_member(actor=command_actor("test", alder.pk), case=case, user_id=ben.user.pk)
        member = case.members.get(user_id=ben.user.pk)
    before, body = counts(alder), {"person": ben.user.pk}
    for who, expected in ((ben, (403, "permission_denied")), (bob, (404, "not_found"))):
        assert code(who.post("api_case_members", case.pk, data=body)) == expected
        assert code(who.post("api_case_member_end", case.pk, member.pk)) == expected
        assert code(who.post("api_case_owner", case.pk, data=body)) == expected
        assert code(who.get("api_case_people", case.pk)) == expected
    assert counts(alder) == before


@pytest.mark.parametrize("person", [0, 2**63, "ben", None])
def test_a_person_has_a_number(ana_api: Caller, case: Case, alder: Agency, person: object) -> None:
    before = counts(alder)
    for name in ("api_case_members", "api_case_owner"):
        refused = ana_api.post(name, case.pk, data={"person": person})
        assert code(refused) == (422, "input_invalid")
    nobody = ana_api.post("api_case_members", case.pk, data={"person": 2**62})
    assert code(nobody) == (422, "case_person_not_eligible")
    assert counts(alder) == before


def test_a_stranger_is_no_member(ana_api: Caller, case: Case, birch: Agency) -> None:
    bob = join(birch, "bob@birch.example", "Bob", Role.ANALYST)
    refused = ana_api.post("api_case_members", case.pk, data={"person": bob.pk})
    assert code(refused) == (422, "case_person_not_eligible")


# --- Categories ---------------------------------------------------------------------------------


def test_an_administrator_keeps_the_list(alder: Agency) -> None:
    ada = caller(alder, Role.ADMIN)
    new = {"name": "Abduction", "purpose": "missing_person"}
    made = ada.post("api_categories", data=new)
    assert made.status_code == 201
    pk = made.json()["id"]
    assert ada.post("api_categories", data={**new, "name": "Fraud"}).status_code == 201
    named = ada.post("api_category_rename", pk, data={"name": "Kidnapping"})
    assert (named.status_code, named.json()["name"]) == (200, "Kidnapping")
    taken = ada.post("api_category_rename", pk, data={"name": "fraud"})
    assert code(taken) == (422, "input_invalid")
    assert ada.post("api_category_retire", pk).json()["retired_at"] is not None
    listed = ada.get("api_categories").json()["results"]
    assert [(one["name"], one["cases"]) for one in listed] == [("Fraud", 0), ("Kidnapping", 0)]
    assert ada.post("api_category_restore", pk).json()["retired_at"] is None
    twice = ada.post("api_categories", data={**new, "name": "FRAUD"})
    assert code(twice) == (422, "input_invalid")


def test_who_opens_cases_sees_what_they_can_be_opened_by(ana_api: Caller, alder: Agency) -> None:
    with scope(alder.pk):
        make_category(alder, retired=True)
        used = make_category(alder, "Fraud")
    listed = ana_api.get("api_categories").json()["results"]
    assert [(one["id"], one["cases"]) for one in listed] == [(str(used.pk), None)]


def test_others_keep_no_list(ana_api: Caller, alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        category = make_category(alder)
    lee, bob = caller(alder, Role.SUPERVISOR, name="lee"), caller(birch, Role.ADMIN)
    new, before = {"name": "Fraud", "purpose": "missing_person"}, counts(alder)
    assert code(lee.get("api_categories")) == (403, "permission_denied")
    assert code(ana_api.post("api_categories", data=new)) == (403, "permission_denied")
    for act in ("rename", "retire", "restore"):
        address = f"api_category_{act}"
        assert code(ana_api.post(address, category.pk, data=new)) == (403, "permission_denied")
        assert code(bob.post(address, category.pk, data=new)) == (404, "not_found")
    assert bob.get("api_categories").json()["results"] == []
    assert counts(alder) == before


def test_lists_cost_the_same_for_few_and_many(ana_api: Caller, case: Case, alder: Agency) -> None:
    ada, lists = caller(alder, Role.ADMIN, name="ada"), ("notes", "members", "people")
    found = []
    for n in (2, 6):
        with scope(alder.pk):
            for i in range(n):
                actor = command_actor("test", alder.pk)
                add_note(actor=actor, case=case, text=f"Note {i}")
                make_category(alder, f"Category {n} {i}")
                user = join(alder, f"p{n}{i}@alder.example", "P", Role.ANALYST)
                add_member(actor=actor, case=case, user_id=user.pk)
                join(alder, f"q{n}{i}@alder.example", "Q", Role.ANALYST)
        each = [queries_of(ana_api, f"api_case_{name}", case.pk) for name in lists]
        found.append([*each, queries_of(ada, "api_categories")])
    assert found[0] == found[1]
