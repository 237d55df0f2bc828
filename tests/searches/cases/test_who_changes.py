"""Who changes a case, and what is recorded of it."""

from typing import Any

import pytest

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Membership, User
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.access import case_for
from searches.models import Case, CaseNote, NoteKind
from searches.services.case_limits import change_cap, hold_case, lift_hold
from searches.services.case_notes import add_note
from searches.services.case_people import add_member, change_owner, end_member
from searches.services.cases import close_case, reopen_case
from tests.searches.cases.cast import REASON, AsActor, code_of, number_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


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
