"""Loans by hand, in the database."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Membership, Role
from accounts.permissions import Permission
from accounts.services.agency_lifecycle import suspend_agency
from portal.tenancy import platform_scope, scope, user_scope
from searches.models import (
    Candidate,
    Examination,
    ExaminationItem,
    ExaminationState,
    ExaminerLoan,
    Gallery,
    Search,
)
from searches.services.examining import decide
from searches.services.lending import revoke_loan
from tests.conftest import join
from tests.factories import make_policy, make_search
from tests.searches.lending.cast import Ask, Lender, open_as
from tests.searches.procedure import Office, examine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


CONTENT = [
    "searches_search",
    "searches_probe",
    "searches_candidate",
    "searches_examination",
    "searches_examinationitem",
    "searches_case",
    "searches_faceimage",
    "searches_searchtoken",
]


def count(table: str, agency: Agency) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE agency_id = %s', [agency.pk])
        return int(cursor.fetchone()[0])


def test_a_loan_opens_no_row_of_the_owner_in_any_scope_of_the_lender(
    client: Client, alder: Agency, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    assert all(count(table, alder) for table in CONTENT)
    for inside in (scope(lender.agency.pk), user_scope(lender.eva.pk), platform_scope()):
        with inside:
            assert {table: count(table, alder) for table in CONTENT} == dict.fromkeys(CONTENT, 0)
    with user_scope(lender.eva.pk):
        assert count("searches_examinerloan", alder) == 0
    with scope(lender.agency.pk):
        assert count("searches_examinerloan", alder) == 1  # the one that names it, to read
        for sql in (
            "UPDATE searches_examinerloan SET expires_at = now() + interval '20 days'",
            "UPDATE searches_examinerloan SET declined_at = NULL",
            "DELETE FROM searches_examinerloan",
        ):
            with connection.cursor() as cursor:
                cursor.execute(sql)
                assert cursor.rowcount == 0, sql


def insert_examination(search: Search, person: int, number: int = 1) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO searches_examination (agency_id, id, search_id, round, examiner_id,"
            " examiner_label, state, started_at) VALUES (%s, %s, %s, %s, %s, 'x', 'open', now())",
            [search.agency_id, uuid.uuid4(), search.pk, number, person],
        )


def test_the_database_lets_no_stranger_examine(
    office: Office, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, 999_999)
    loan = ask()
    other = make_search(search.probe, [gallery], actor=office.actor("analyst"))
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(other, lender.eva.pk)
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk)
    ask()
    examine(office.actor("first"), search)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk, 2)  # lent for the first round
    assert not Examination.objects.filter(examiner_id=lender.eva.pk).exists()


def test_the_database_knows_when_a_loan_has_expired(
    search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask("nobody@birch.example")
    columns = "agency_id, search_id, round, email, reason_sealed, asked_by_id, asked_by_label"
    # For the database a transaction begins long before now: a loan that ends between the two.
    for seconds, refused in ((0.000001, True), (86400.0, False)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO searches_examinerloan (id, {columns}, revoked_by_label, granted_at,"
                f" expires_at) SELECT %s, {columns}, '', now(), now() + %s * interval '1 second'"
                " FROM searches_examinerloan WHERE id = %s",
                [uuid.uuid4(), seconds, loan.pk],
            )
            cursor.execute(
                "UPDATE searches_examinerloan SET looked_up_at = now(), borrowed_id = %s,"
                " lending_agency_id = %s WHERE looked_up_at IS NULL",
                [lender.eva.pk, lender.agency.pk],
            )
        if refused:
            with pytest.raises(DatabaseError, match="not_entitled"):
                insert_examination(search, lender.eva.pk)
        else:
            insert_examination(search, lender.eva.pk)


@pytest.mark.parametrize("end", ["revoked", "switch", "left", "suspended"])
def test_the_database_takes_no_decision_after_the_end(
    client: Client, office: Office, lender: Lender, ask: Ask, end: str
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    examination = Examination.objects.get()
    if end == "revoked":
        ExaminerLoan.objects.update(revoked_at=timezone.now())
    elif end == "switch":
        make_policy(lender.agency, lend_examiners=False)
    elif end == "left":
        with scope(lender.agency.pk):
            Membership.objects.filter(user=lender.eva).update(deactivated_at=timezone.now())
    else:
        operator = command_actor("test", None)
        suspend_agency(actor=operator, agency=lender.agency, reason="Unpaid since May")
    actor = Actor(
        lender.eva.pk, lender.eva.email, loan.agency_id, frozenset({Permission.EXAMINE}), "test"
    )
    with pytest.raises(DatabaseError, match="not_entitled"), transaction.atomic():
        decide(
            actor=actor,
            examination=examination,
            position=1,
            disposition="excluded",
            features={"nose": "dissimilar"},
            comment="",
        )
    assert not ExaminationItem.objects.exclude(disposition="").exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        now = timezone.now()
        Examination.objects.update(state=ExaminationState.SUBMITTED, submitted_at=now)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("expires_at = expires_at + interval '1 day'", "loan_fixed"),
        ("round = 2", "loan_fixed"),
        ("email = 'other@birch.example'", "loan_fixed"),
        ("borrowed_id = borrowed_id + 1", "loan_fixed"),
        ("lending_agency_id = lending_agency_id + 1", "loan_fixed"),
        ("reason_sealed = ''", "loan_fixed"),
        ("reason_sealed = 'other'", "loan_fixed"),
        ("asked_by_label = 'other'", "loan_fixed"),
        ("search_id = gen_random_uuid()", "loan_fixed"),
    ],
)
def test_a_loan_does_not_change(lender: Lender, ask: Ask, change: str, words: str) -> None:
    ask()
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE searches_examinerloan SET {change}")


def test_an_end_is_for_good_and_rows_are_not_deleted(
    office: Office, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    for sql in (
        "UPDATE searches_examinerloan SET revoked_at = NULL",
        "UPDATE searches_examinerloan SET revoked_at = NULL, declined_at = now()",
        "DELETE FROM searches_examinerloan",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    loan.refresh_from_db()
    assert loan.revoked_at is not None


@pytest.mark.parametrize("without", ["consent", "role", "membership"])
def test_the_database_asks_the_lending_agency_itself(
    alder: Agency, search: Search, lender: Lender, ask: Ask, without: str
) -> None:
    """The owning agency cannot write itself a loan of somebody whose agency does not lend."""
    loan = ask("nobody@birch.example")
    other = ask("nobody2@birch.example")
    person = lender.eva.pk
    if without == "consent":
        make_policy(lender.agency, lend_examiners=False)
    elif without == "role":
        person = join(lender.agency, "an@birch.example", "An", Role.ANALYST).pk
    else:
        person = 999_999
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="loan_fixed"), transaction.atomic():
            cursor.execute(
                "UPDATE searches_examinerloan SET borrowed_id = %s, lending_agency_id = %s"
                " WHERE id = %s",
                [person, lender.agency.pk, loan.pk],
            )
        columns = "agency_id, search_id, round, email, reason_sealed, asked_by_id, asked_by_label"
        with transaction.atomic():
            cursor.execute(
                f"INSERT INTO searches_examinerloan (id, {columns}, revoked_by_label, granted_at,"
                f" expires_at) SELECT %s, {columns}, '', now(), now() + interval '1 day'"
                " FROM searches_examinerloan WHERE id = %s",
                [uuid.uuid4(), other.pk],
            )
        with pytest.raises(DatabaseError, match="not_lending"), transaction.atomic():
            cursor.execute(
                "UPDATE searches_examinerloan SET looked_up_at = now(), borrowed_id = %s,"
                " lending_agency_id = %s WHERE looked_up_at IS NULL",
                [person, lender.agency.pk],
            )
        cursor.execute("SELECT current_setting('candor.agency_id')")
        assert cursor.fetchone() == (str(alder.pk),)  # the look elsewhere left nothing behind


def test_scopes_are_as_before_after_the_look_into_the_lending_agency(
    client: Client, alder: Agency, lender: Lender, ask: Ask
) -> None:
    open_as(client, lender.eva, ask())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('candor.agency_id')")
        assert cursor.fetchone() == (str(alder.pk),)
    assert Candidate.objects.count() == 2
