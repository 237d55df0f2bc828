"""What the database says when somebody passes by the services: raw SQL under the app role."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.purposes import Purpose
from searches.models import Case, CaseNote, Gallery, Probe, Search
from searches.services.case_limits import change_cap
from searches.services.case_notes import add_note
from searches.services.cases import close_case
from tests.conftest import join
from tests.factories import (
    make_case,
    make_category,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


def refused(sql: str, *values: Any) -> str:
    """The words of the database; an attack that works fails the test."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return str(error.value)


def copy(table: str, pk: object, **changed: Any) -> tuple[str, list[Any]]:
    """An INSERT of the same row with another id and other values."""
    changed = {"id": uuid.uuid4(), **changed}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
        )
        columns = [row[0] for row in cursor.fetchall()]
    selected = ", ".join("%s" if name in changed else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    values = [changed[name] for name in columns if name in changed]
    return f'INSERT INTO "{table}" ({names}) SELECT {selected} FROM "{table}" WHERE id = %s', [
        *values,
        pk,
    ]


@pytest.fixture
def case(in_alder: Agency) -> Case:
    return make_case(in_alder)


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return make_probe(case, person_jpeg(1))


def close(case: Case) -> None:
    close_case(actor=command_actor("test", case.agency_id), case=case, reason="It is all done")


def test_no_search_beyond_the_cap(case: Case, probe: Probe, gallery: Gallery) -> None:
    actor = command_actor("test", case.agency_id)
    change_cap(actor=actor, case=case, cap=1, reason="Only one search")
    search = make_search(probe, [gallery], run=False)
    sql, values = copy("searches_search", search.pk, submission_key=uuid.uuid4())
    assert refused(sql, *values).startswith("case_cap_reached: ")
    # A failed one makes room, and does not come back once the room is taken.
    closed = {"state": "failed", "stage": "failed", "failure_code": "gave_up"}
    Search.objects.filter(pk=search.pk).update(**closed)
    make_search(probe, [gallery], run=False)
    again = "UPDATE searches_search SET state = 'queued' WHERE id = %s"
    assert refused(again, search.pk).startswith("case_cap_reached: ")


def test_no_search_and_no_probe_in_a_closed_case(
    case: Case, probe: Probe, gallery: Gallery
) -> None:
    search = make_search(probe, [gallery], run=False)
    close(case)
    for table, row in (("searches_search", search.pk), ("searches_probe", probe.pk)):
        sql, values = copy(table, row, submission_key=uuid.uuid4())
        assert refused(sql, *values).startswith("case_closed: ")


def test_a_search_does_not_move_into_another_case(
    case: Case, probe: Probe, gallery: Gallery, in_alder: Agency
) -> None:
    search = make_search(probe, [gallery], run=False)
    other = make_case(in_alder, "2026-002")
    moves = {"searches_search": (search.pk, "the grounds of a search do not change")}
    moves["searches_probe"] = (make_probe(case, person_jpeg(2)).pk, "stay in their case")
    for table, (row, words) in moves.items():
        move = f"UPDATE {table} SET case_id = %s WHERE id = %s"
        assert words in refused(move, other.pk, row)
    sql, values = copy("searches_search", search.pk, submission_key=uuid.uuid4(), case_id=other.pk)
    assert "searches_search_probe_place" in refused(sql, *values)


@pytest.mark.parametrize(
    "change",
    [
        "purpose = 'identity_fraud'",
        "purpose = ''",
        "number_mark = 'x'",
        "number_sealed = 'x'",
        "opened_by_label = 'somebody else'",
        "created_at = now()",
    ],
)
def test_what_a_case_was_opened_with_does_not_change(case: Case, change: str) -> None:
    assert "do not change" in refused(f"UPDATE searches_case SET {change}")


def test_a_new_case_has_a_purpose(case: Case) -> None:
    sql, values = copy("searches_case", case.pk, number_mark=b"2", purpose="")
    assert "a case has a purpose" in refused(sql, *values)


def test_a_case_takes_the_agencys_list_with_its_purposes(case: Case, in_alder: Agency) -> None:
    fraud = make_category(in_alder, "Fraud", Purpose.IDENTITY_FRAUD)
    sql, values = copy("searches_case", case.pk, number_mark=b"2")
    assert refused(sql, *values).startswith("category_missing: ")
    sql, values = copy("searches_case", case.pk, number_mark=b"2", category_id=fraud.pk)
    assert "searches_case_category_purpose" in refused(sql, *values)
    retired = make_category(in_alder, retired=True)
    sql, values = copy("searches_case", case.pk, number_mark=b"2", category_id=retired.pk)
    assert refused(sql, *values).startswith("category_retired: ")
    change = "UPDATE searches_casecategory SET purpose = 'missing_person' WHERE id = %s"
    assert "does not change" in refused(change, fraud.pk)


def test_a_note_is_not_changed(case: Case) -> None:
    add_note(actor=command_actor("test", case.agency_id), case=case, text="First version")
    change = "UPDATE searches_casenote SET author_label = 'somebody else'"
    assert "permission denied" in refused(change)
    assert CaseNote.objects.get().text == "First version"


def test_nothing_of_the_file_of_a_case_is_deleted(case: Case, in_alder: Agency) -> None:
    join(in_alder, "ana@alder.example", "Ana", Role.ANALYST)
    actor = command_actor("test", case.agency_id)
    add_note(actor=actor, case=make_case(in_alder, "2"), text="Something")
    make_category(in_alder)
    for table in ("case", "casemember", "casenote", "casecategory"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM searches_{table}")
            assert cursor.fetchone()[0] > 0
        assert "append-only" in refused(f"DELETE FROM searches_{table}")
        assert "permission denied" in refused(f"TRUNCATE searches_{table} CASCADE")


@pytest.mark.parametrize(
    "change",
    ["user_id = user_id + 1", "label = 'x'", "added_at = now()", "ended_by_label = 'x'"],
)
def test_a_membership_only_ends(in_alder: Agency, change: str) -> None:
    join(in_alder, "ana@alder.example", "Ana", Role.ANALYST)
    make_case(in_alder)
    begun = "append-only but for their end"
    assert begun in refused(f"UPDATE searches_casemember SET {change}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE searches_casemember SET ended_at = now()")
    assert begun in refused("UPDATE searches_casemember SET ended_at = NULL")


def test_an_owner_who_is_no_member_is_refused_at_the_end_of_the_transaction(
    in_alder: Agency,
) -> None:
    ana = join(in_alder, "ana@alder.example", "Ana", Role.ANALYST)
    eve = join(in_alder, "eve@alder.example", "Eve", Role.ANALYST)
    case = make_case(in_alder, members=[ana], owner=ana)
    words = "the owner of a case is a member"
    assert words in refused("UPDATE searches_case SET owner_id = %s", eve.pk)
    assert words in refused("UPDATE searches_casemember SET ended_at = now()")
    case.refresh_from_db()
    assert case.owner_id == ana.pk


def test_columns_hold_together(case: Case) -> None:
    for change, name in (
        ("status = 'closed'", "case_status"),
        ("status = 'lost'", "case_status"),
        ("search_cap = 0", "case_search_cap"),
        ("search_cap = 10001", "case_search_cap"),
        ("held_at = now()", "case_held_for_a_reason"),
        ("hold_reason_sealed = 'x'", "case_held_for_a_reason"),
    ):
        assert name in refused(f"UPDATE searches_case SET {change}"), change
