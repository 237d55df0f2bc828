"""The record: closed actions, complete entries, nothing that can be changed."""

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.actor import command_actor
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.fields import FIELDS
from portal.audit.models import AuditEntry
from portal.audit.recorder import IncompleteEntry, record
from portal.tenancy import scope

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def test_every_action_says_its_fields() -> None:
    assert set(FIELDS) == set(Action)


def test_an_incomplete_or_overfull_entry_is_refused(in_alder: Agency) -> None:
    actor = command_actor("test", in_alder.pk)
    before = AuditEntry.objects.count()
    with pytest.raises(IncompleteEntry, match="missing code"):
        record(actor, Action.PROBE_REJECTED)
    with pytest.raises(IncompleteEntry, match="unknown reason"):
        record(actor, Action.CASE_VIEWED, data={"reason": "secret content"})
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET actor_label = 'nobody'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
    ],
)
def test_the_app_role_cannot_change_an_entry(in_alder: Agency, sql: str) -> None:
    record(command_actor("test", in_alder.pk), Action.CASE_VIEWED)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(sql)
    assert AuditEntry.objects.filter(action=Action.CASE_VIEWED).count() == 1


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_the_owner_role_is_refused_by_trigger(verb: str) -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT set_config('candor.agency_id', '7', true)")
        cursor.execute(
            "INSERT INTO audit_auditentry (agency_id, action, actor_label, source, subject_type,"
            " subject_id, data) VALUES (7, 'login', 'a', '', '', '', '{}')"
        )
        sql = {
            "UPDATE": "UPDATE audit_auditentry SET action = 'logout'",
            "DELETE": "DELETE FROM audit_auditentry",
            "TRUNCATE": "TRUNCATE audit_auditentry",
        }[verb]
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic("owner"):
            cursor.execute(sql)
        cursor.execute("SELECT count(*) FROM audit_auditentry WHERE action = 'login'")
        assert cursor.fetchone() == (1,)


def test_entries_outlive_their_subject_and_keep_the_label(in_alder: Agency) -> None:
    entry = record(command_actor("demo", in_alder.pk), Action.AGENCY_SWITCHED, in_alder)
    entry.refresh_from_db()
    assert (entry.actor_label, entry.subject_type) == ("operator (demo)", "agency")
    assert entry.at is not None


def test_an_entry_goes_with_the_transaction_of_its_act(alder: Agency) -> None:
    with scope(alder.pk):
        before = AuditEntry.objects.count()
        with pytest.raises(RuntimeError), transaction.atomic():
            record(command_actor("test", alder.pk), Action.CASE_VIEWED)
            raise RuntimeError
        assert AuditEntry.objects.count() == before
