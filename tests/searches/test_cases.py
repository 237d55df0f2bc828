"""Cases: who opens, sees and changes them, and what is recorded of it."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Membership, Role, User
from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches import queries
from searches.access import case_for, portrait_for, probe_for, search_for
from searches.faults import Fault
from searches.models import Case, CaseMember, CaseNote, NoteKind, Probe, Search
from searches.services.case_limits import change_cap, hold_case, lift_hold
from searches.services.case_notes import add_note
from searches.services.case_people import add_member, change_owner, end_member
from searches.services.cases import close_case, open_case, reopen_case
from searches.services.categories import rename_category, restore_category, retire_category
from searches.services.probes import upload_probe
from searches.services.searching import submit_search
from tests.conftest import join
from tests.factories import (
    CAPTURE,
    make_case,
    make_category,
    make_conclusion,
    make_gallery,
    make_grounds,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.procedure import filled_gallery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

AsActor = Callable[[User, Agency], Actor]
REASON = "The court has asked for it"


@pytest.fixture
def people(alder: Agency, as_actor: AsActor) -> dict[str, Actor]:
    """One of each kind at Alder: the member and the owner are analysts, as the outsider is."""
    roles = {
        "owner": Role.ANALYST,
        "member": Role.ANALYST,
        "outsider": Role.ANALYST,
        "examiner": Role.EXAMINER,
        "supervisor": Role.SUPERVISOR,
        "auditor": Role.AUDITOR,
        "admin": Role.ADMIN,
    }
    return {
        name: as_actor(join(alder, f"{name}@alder.example", name, role), alder)
        for name, role in roles.items()
    }


@pytest.fixture
def case(in_alder: Agency, people: dict[str, Actor]) -> Case:
    """A case that its owner opened, with one more member."""
    case = open_case(
        actor=people["owner"], number="2026-7", title="Harbour", purpose=Purpose.MISSING_PERSON
    )
    add_member(actor=people["owner"], case=case, user_id=number_of(people["member"]))
    return case


def number_of(actor: Actor) -> int:
    assert actor.user_id is not None
    return actor.user_id


def code_of(act: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """The code of the refusal; 403 for a missing right."""
    before = contents()
    try:
        act(*arguments, **named)
    except Fault as fault:
        code = fault.code
    except PermissionDenied:
        code = "403"
    else:
        return "ok"
    assert contents() == before
    return code


def contents() -> list[object]:
    rows: list[object] = []
    for model in (Case, CaseMember, CaseNote, Probe, Search, AuditEntry):
        rows.append(list(model.objects.order_by("pk").values()))
    return rows


# --- Opening ------------------------------------------------------------------------------------


def test_who_opens_a_case_owns_it_and_is_its_member(case: Case, people: dict[str, Actor]) -> None:
    owner = people["owner"]
    assert (case.owner_id, case.owner_label) == (owner.user_id, owner.label)
    assert case.members.filter(user_id=number_of(owner), ended_at=None).count() == 1
    assert (case.status, case.search_cap, case.purpose) == ("open", 20, "missing_person")
    entry = AuditEntry.objects.get(action=Action.CASE_OPENED)
    assert entry.data == {"purpose": "missing_person", "category": ""}


def test_the_installation_says_how_many_searches_a_new_case_may_have(
    in_alder: Agency, settings: "pytest.FixtureRequest"
) -> None:
    settings.CASE_SEARCH_CAP = 3  # type: ignore[attr-defined]
    assert make_case(in_alder).search_cap == 3


def test_a_number_is_there_once_in_an_agency(
    case: Case, people: dict[str, Actor], birch: Agency
) -> None:
    values: dict[str, Any] = {"title": "x", "purpose": Purpose.MISSING_PERSON}
    for number in (case.number, f" {case.number} ", "", "   "):
        with pytest.raises(ValidationError):
            open_case(actor=people["owner"], number=number, **values)
    assert Case.objects.count() == 1
    with scope(birch.pk):
        assert make_case(birch, case.number).number == case.number


@pytest.mark.parametrize("purpose", ["", "curiosity", "immigration_status"])
def test_a_case_has_a_purpose_of_the_closed_list(
    in_alder: Agency, people: dict[str, Actor], purpose: str
) -> None:
    values: dict[str, Any] = {"number": "1", "title": "x", "purpose": purpose}
    assert code_of(open_case, actor=people["owner"], **values) == "purpose_unknown"


def test_only_analysts_open_cases(in_alder: Agency, people: dict[str, Actor]) -> None:
    for name in ("examiner", "supervisor", "auditor", "admin"):
        values: dict[str, Any] = {"number": name, "title": "x", "purpose": Purpose.MISSING_PERSON}
        assert code_of(open_case, actor=people[name], **values) == "403"


# --- Categories ---------------------------------------------------------------------------------


def test_an_agency_with_a_list_opens_cases_by_it(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    category = make_category(in_alder, "Abduction", Purpose.VICTIM_IDENTIFICATION)
    owner = people["owner"]
    free: dict[str, Any] = {"number": "1", "title": "x", "purpose": Purpose.MISSING_PERSON}
    assert code_of(open_case, actor=owner, **free) == "category_missing"
    case = open_case(actor=owner, number="1", title="x", category=category)
    assert (case.category, case.purpose) == (category, "victim_identification")
    retired = retire_category(actor=people["admin"], category=category)
    by_it: dict[str, Any] = {"number": "2", "title": "x", "category": retired}
    assert code_of(open_case, actor=owner, **by_it) == "category_retired"
    assert open_case(actor=owner, **free | {"number": "3"}).category is None
    restore_category(actor=people["admin"], category=category)
    assert code_of(open_case, actor=owner, **free | {"number": "4"}) == "category_missing"


def test_a_category_retired_meanwhile_opens_nothing(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    """The row in hand says that it is in use; the database knows better."""
    stale = make_category(in_alder)
    make_category(in_alder, "Fraud", Purpose.IDENTITY_FRAUD)
    retire_category(actor=people["admin"], category=stale)
    values: dict[str, Any] = {"number": "1", "title": "x", "category": stale}
    assert code_of(open_case, actor=people["owner"], **values) == "category_retired"


def test_only_the_admin_keeps_the_list(in_alder: Agency, people: dict[str, Actor]) -> None:
    category = make_category(in_alder)
    for name, actor in people.items():
        wanted = "ok" if name == "admin" else "403"
        act: dict[str, Any] = {"actor": actor, "category": category}
        assert code_of(retire_category, **act) == wanted, name
        assert code_of(restore_category, **act) == wanted, name
        assert code_of(rename_category, **act, name="Taken away") == wanted, name
    category.refresh_from_db()
    assert (category.name, category.retired_at) == ("Taken away", None)


def test_names_of_categories_are_there_once_whatever_their_case(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    first, second = make_category(in_alder, "Abduction"), make_category(in_alder, "Robbery")
    for name in ("ABDUCTION", " abduction ", "", "  "):
        with pytest.raises(ValidationError):
            make_category(in_alder, name)
        with pytest.raises(ValidationError):
            rename_category(actor=people["admin"], category=second, name=name)
    renamed = rename_category(actor=people["admin"], category=first, name="abduction")
    assert renamed.name == "abduction"


# --- Who sees a case ----------------------------------------------------------------------------

SEES = {
    "owner": "ok",
    "member": "ok",
    "outsider": "403",
    "examiner": "403",
    "supervisor": "ok",
    "auditor": "ok",
    "admin": "403",
}


def test_members_supervisors_and_auditors_see_a_case_and_what_belongs_to_it(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery = make_gallery(in_alder)
    make_image(gallery, "P-1")
    probe = make_probe(case, person_jpeg(1))
    search = make_search(probe, [gallery], run=False)
    other = make_case(in_alder, "2026-8", members=[])
    for name, actor in people.items():
        rows = (case_for, case.pk), (probe_for, probe.pk), (search_for, search.pk)
        for get, pk in rows:
            assert code_of(get, actor, pk) == SEES[name], (name, get)
        listed = set(queries.cases(actor)) if actor.can(Permission.VIEW_CASES) else set()
        everything = name in ("supervisor", "auditor")
        assert listed == ({case, other} if everything else {case} if SEES[name] == "ok" else set())
        assert set(queries.searches(actor)) == ({search} if SEES[name] == "ok" else set())


def test_another_agencys_case_does_not_exist(
    case: Case, birch: Agency, bob: User, as_actor: AsActor
) -> None:
    stranger = as_actor(bob, birch)
    with scope(birch.pk):
        with pytest.raises(Http404):
            case_for(stranger, case.pk)
        assert list(queries.cases(stranger)) == []


def test_the_operator_sees_every_case(case: Case, in_alder: Agency) -> None:
    operator = command_actor("test", in_alder.pk)
    assert case_for(operator, case.pk) == case
    assert list(queries.cases(operator)) == [case]


def test_whoever_leaves_a_case_does_not_see_it_any_more(
    case: Case, people: dict[str, Actor]
) -> None:
    member = people["member"]
    row = case.members.get(user_id=number_of(member))
    end_member(actor=people["owner"], member=row)
    assert code_of(case_for, member, case.pk) == "403"
    assert list(queries.cases(member)) == []
    add_member(actor=people["owner"], case=case, user_id=number_of(member))
    assert case_for(member, case.pk) == case
    assert case.members.filter(user_id=number_of(member)).count() == 2


def without_galleries(actor: Actor) -> Actor:
    return replace(actor, permissions=actor.permissions - {Permission.VIEW_GALLERIES})


def test_a_portrait_without_the_galleries_is_a_candidates_of_a_search_one_sees(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, other = filled_gallery(in_alder, 1), make_image(make_gallery(in_alder), "P-2")
    search = make_search(make_probe(case, person_jpeg(1)), [gallery])
    found = search.candidates.get().image
    assert code_of(portrait_for, without_galleries(people["member"]), found.pk) == "403"
    make_conclusion(search)
    for name, wanted in (("member", "ok"), ("outsider", "403")):
        full = people[name]
        actor = without_galleries(full)
        assert code_of(portrait_for, actor, found.pk) == wanted
        assert code_of(portrait_for, actor, other.pk) == "403"
        assert portrait_for(full, other.pk) == other


# --- Who searches in it -------------------------------------------------------------------------


def test_only_members_of_an_open_case_upload_and_search(
    case: Case, people: dict[str, Actor], in_alder: Agency, as_actor: AsActor
) -> None:
    gallery = make_gallery(in_alder)
    probe = make_probe(case, person_jpeg(1))
    both = join(in_alder, "both@alder.example", "Both", Role.ANALYST, Role.SUPERVISOR)
    people["sees_all"] = as_actor(both, in_alder)
    wanted = {"owner": "ok", "member": "ok", "outsider": "case_not_a_member"}
    wanted["sees_all"] = "case_not_a_member"

    def upload(actor: Actor) -> object:
        key = uuid.uuid4()
        data = person_jpeg(2)
        return upload_probe(actor=actor, case=case, data=data, capture=CAPTURE, submission_key=key)

    def search(actor: Actor) -> object:
        return submit_search(
            actor=actor,
            probe=probe,
            face_index=0,
            galleries=[gallery],
            grounds=make_grounds(),
            submission_key=uuid.uuid4(),
        )

    for name, actor in people.items():
        for act in (upload, search):
            assert code_of(act, actor) == wanted.get(name, "403"), name
    close_case(actor=people["owner"], case=case, reason=REASON)
    for act in (upload, search):
        assert code_of(act, people["member"]) == "case_closed"


def test_a_case_has_so_many_searches_and_failed_ones_do_not_count(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, probe = make_gallery(in_alder), make_probe(case, person_jpeg(1))
    change_cap(actor=people["supervisor"], case=case, cap=2, reason=REASON)
    first = make_search(probe, [gallery], run=False)
    make_search(probe, [gallery], run=False)
    assert code_of(make_search, probe, [gallery], run=False) == "case_cap_reached"
    closed = {"state": "failed", "stage": "failed", "failure_code": "engine_failed"}
    Search.objects.filter(pk=first.pk).update(**closed)
    make_search(probe, [gallery], run=False)
    assert code_of(make_search, probe, [gallery], run=False) == "case_cap_reached"
    change_cap(actor=people["supervisor"], case=case, cap=3, reason=REASON)
    make_search(probe, [gallery], run=False)


def test_the_same_submission_again_is_the_same_search_also_at_the_limit(
    case: Case, people: dict[str, Actor], in_alder: Agency
) -> None:
    gallery, probe = make_gallery(in_alder), make_probe(case, person_jpeg(1))
    change_cap(actor=people["supervisor"], case=case, cap=1, reason=REASON)
    values: dict[str, Any] = {
        "actor": people["member"],
        "probe": probe,
        "face_index": 0,
        "galleries": [gallery],
        "grounds": make_grounds(),
        "submission_key": uuid.uuid4(),
    }
    assert submit_search(**values) == submit_search(**values)


# --- Who changes it -----------------------------------------------------------------------------


def test_the_owner_and_supervisors_decide_who_belongs_to_it(
    case: Case, people: dict[str, Actor]
) -> None:
    outsider = number_of(people["outsider"])
    for name, actor in people.items():
        wanted = "ok" if name in ("owner", "supervisor") else "403"
        add: dict[str, Any] = {"actor": actor, "case": case, "user_id": outsider}
        assert code_of(add_member, **add) == wanted, name
        row = case.members.filter(user_id=outsider, ended_at=None).first()
        if wanted == "ok":
            assert row is not None
            assert code_of(add_member, **add) == "case_member_already"
            end_member(actor=actor, member=row)
            end_member(actor=actor, member=row)  # twice is once
        row = case.members.get(user_id=number_of(people["member"]))
        if wanted == "403":
            assert code_of(end_member, actor=actor, member=row) == "403", name
    ended = AuditEntry.objects.filter(action=Action.CASE_MEMBER_ENDED)
    assert ended.count() == 2


def test_members_are_active_people_who_may_see_cases(
    case: Case, people: dict[str, Actor], bob: User
) -> None:
    gone = number_of(people["outsider"])
    Membership.objects.filter(user_id=gone).update(deactivated_at=case.created_at)
    for user_id in (gone, bob.pk, number_of(people["examiner"]), number_of(people["admin"]), 0):
        act: dict[str, Any] = {"actor": people["owner"], "case": case, "user_id": user_id}
        assert code_of(add_member, **act) == "case_person_not_eligible"
        assert code_of(change_owner, **act) == "case_person_not_eligible"
    auditor: dict[str, Any] = {
        "actor": people["owner"],
        "case": case,
        "user_id": number_of(people["auditor"]),
    }
    assert code_of(change_owner, **auditor) == "case_person_not_eligible"
    assert code_of(add_member, **auditor) == "ok"


def test_an_owner_is_always_a_member(case: Case, people: dict[str, Actor]) -> None:
    owner, outsider = people["owner"], people["outsider"]
    row = case.members.get(user_id=number_of(owner))
    assert code_of(end_member, actor=owner, member=row) == "case_owner_stays"
    act: dict[str, Any] = {"case": case, "user_id": number_of(outsider)}
    assert code_of(change_owner, actor=people["member"], **act) == "403"
    changed = change_owner(actor=owner, **act)
    assert (changed.owner_id, changed.owner_label) == (outsider.user_id, outsider.label)
    assert set(changed.members.filter(ended_at=None).values_list("user_id", flat=True)) == {
        number_of(people[name]) for name in ("owner", "member", "outsider")
    }
    entry = AuditEntry.objects.get(action=Action.CASE_OWNER_CHANGED)
    assert entry.data == {"before": owner.user_id, "after": outsider.user_id}
    again: dict[str, Any] = {"actor": outsider, **act}
    assert code_of(change_owner, **again) == "case_owner_already"
    assert code_of(end_member, actor=outsider, member=row) == "ok"


def test_the_owner_closes_and_a_supervisor_opens_again(
    case: Case, people: dict[str, Actor]
) -> None:
    for name, actor in people.items():
        if name != "owner":
            act: dict[str, Any] = {"actor": actor, "case": case, "reason": REASON}
            assert code_of(close_case, **act) == "403", name
    owner, supervisor = people["owner"], people["supervisor"]
    for reason in ("", "   too    ", "123456789"):
        act = {"actor": owner, "case": case, "reason": reason}
        assert code_of(close_case, **act) == "reason_too_short"
    closed = close_case(actor=owner, case=case, reason=REASON)
    assert (closed.status, closed.closed_by_label) == ("closed", owner.label)
    again: dict[str, Any] = {"case": case, "reason": REASON}
    assert code_of(close_case, actor=owner, **again) == "case_closed"
    assert code_of(reopen_case, actor=owner, **again) == "403"
    opened = reopen_case(actor=supervisor, **again)
    assert (opened.status, opened.closed_at) == ("open", None)
    assert code_of(reopen_case, actor=supervisor, **again) == "case_not_closed"
    kinds = list(case.notes.order_by("written_at").values_list("kind", flat=True))
    assert kinds == [NoteKind.CLOSED, NoteKind.REOPENED]


def test_supervisors_alone_set_the_limit_and_the_hold(case: Case, people: dict[str, Actor]) -> None:
    for name, actor in people.items():
        if name == "supervisor":
            continue
        act: dict[str, Any] = {"actor": actor, "case": case, "reason": REASON}
        assert code_of(change_cap, **act, cap=5) == "403", name
        assert code_of(hold_case, **act) == "403", name
        assert code_of(lift_hold, **act) == "403", name
    act = {"actor": people["supervisor"], "case": case, "reason": REASON}
    for cap, code in ((0, "out_of_range"), (10_001, "out_of_range"), (20, "unchanged")):
        assert code_of(change_cap, **act, cap=cap) == f"case_cap_{code}"
    assert change_cap(**act, cap=5).search_cap == 5
    assert code_of(lift_hold, **act) == "case_not_held"
    assert hold_case(**act).hold_reason == REASON
    assert code_of(hold_case, **act) == "case_held"
    lifted = lift_hold(**act | {"reason": "The court is done with it"})
    assert (lifted.held_at, lifted.hold_reason) == (None, "")
    texts = {note.kind: note.text for note in case.notes.all()}
    assert texts["held"] == REASON
    assert texts["hold_lifted"] == "The court is done with it"


def test_members_write_notes_that_no_table_and_no_record_shows(
    case: Case, people: dict[str, Actor]
) -> None:
    text = "Seen with a blue umbrella"
    for name, actor in people.items():
        wanted = {"owner": "ok", "member": "ok"}.get(name, "403")
        if name in ("outsider", "supervisor"):
            wanted = "case_not_a_member"
        act: dict[str, Any] = {"actor": actor, "case": case}
        assert code_of(add_note, **act, text=text) == wanted, name
    member: dict[str, Any] = {"actor": people["member"], "case": case}
    assert code_of(add_note, **member, text=" \n ") == "note_empty"
    assert code_of(add_note, **member, text="x" * 4001) == "note_too_long"
    assert [note.text for note in case.notes.all()] == [text, text]
    hold_case(actor=people["supervisor"], case=case, reason=text)
    sealed = list(CaseNote.objects.values()) + list(Case.objects.values())
    kept = [bytes(v) for row in sealed for v in row.values() if isinstance(v, bytes | memoryview)]
    assert any(kept)
    assert not any(b"umbrella" in data for data in kept)
    assert "umbrella" not in str(list(AuditEntry.objects.values()))


def test_a_suspended_agency_reads_its_cases_and_changes_nothing(
    case: Case, people: dict[str, Actor], as_actor: AsActor
) -> None:
    operator = command_actor("test", None)
    agency = suspend_agency(
        actor=operator, agency=Agency.objects.get(pk=case.agency_id), reason="Unpaid since May"
    )
    suspended = {
        name: as_actor(User.objects.get(pk=number_of(actor)), agency)
        for name, actor in people.items()
    }
    owner, supervisor = suspended["owner"], suspended["supervisor"]
    assert case_for(owner, case.pk) == case_for(supervisor, case.pk) == case
    reason: dict[str, Any] = {"case": case, "reason": REASON}
    outsider = number_of(people["outsider"])
    for refused in (
        lambda: add_note(actor=owner, case=case, text="x"),
        lambda: add_member(actor=owner, case=case, user_id=outsider),
        lambda: close_case(actor=owner, **reason),
        lambda: hold_case(actor=supervisor, **reason),
        lambda: change_cap(actor=supervisor, cap=5, **reason),
    ):
        assert code_of(refused) == "403"
