"""The chain: every committed entry in it once, in turn, and heads signed over all of it."""

import json

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency
from portal import signing
from portal.audit import checkpoints
from portal.audit.actions import Action
from portal.audit.canonical import FIRST, entry_digest, head_after
from portal.audit.contents import destroy_content, read_content
from portal.audit.linking import chains_with_pending, link_pending, scope_of
from portal.audit.models import (
    AuditChain,
    AuditContent,
    AuditEntry,
    AuditKey,
    AuditLink,
    AuditPending,
    Checkpoint,
)
from portal.audit.recorder import IncompleteEntry, record
from portal.tenancy import platform_scope, scope

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(alder: Agency) -> Actor:
    return command_actor("test", alder.pk)


def chain_holds(agency_id: int | None) -> int:
    """Walk the chain as a verifier does; returns how many links it has."""
    head = FIRST
    with scope_of(agency_id):
        links = list(AuditLink.objects.filter(agency_id=agency_id).select_related("entry"))
    for number, link in enumerate(links, start=1):
        assert link.number == number
        assert link.digest == entry_digest(link.entry)
        head = head_after(agency_id, number, link.digest, head)
        assert link.head == head
    return len(links)


def test_every_entry_is_linked_once_in_turn(alder: Agency, clerk: Actor) -> None:
    for _ in range(3):
        record(clerk, Action.CASE_VIEWED)
    assert alder.pk in chains_with_pending()
    linked = link_pending(alder.pk)
    with scope(alder.pk):
        assert linked == AuditEntry.objects.filter(agency_id=alder.pk).count()
        assert not AuditPending.objects.exists()
    assert link_pending(alder.pk) == 0
    record(clerk, Action.CASE_VIEWED)
    assert link_pending(alder.pk) == 1
    assert chain_holds(alder.pk) == linked + 1


def test_the_platform_has_a_chain_of_its_own(alder: Agency) -> None:
    assert None in chains_with_pending()
    link_pending(None)
    assert chain_holds(None) > 0
    with scope(alder.pk):
        assert not AuditLink.objects.exists()


def test_a_fraction_in_an_entry_is_read_back_the_same(alder: Agency, clerk: Actor) -> None:
    facts = {
        "operation": "scale",
        "parameters": {"by": 1.5, "whole": 2.0, "tiny": 1e-7},
        "quarter_turns": 0,
        "parent_sha256": "a" * 64,
        "result_sha256": "b" * 64,
    }
    entry = record(clerk, Action.PROBE_EDITED, data=facts)
    link_pending(alder.pk)
    chain_holds(alder.pk)
    with scope(alder.pk):
        again = AuditEntry.objects.get(pk=entry.pk)
        assert AuditLink.objects.get(entry_id=entry.pk).digest == entry_digest(again)


CHANGES = ["UPDATE {} SET number = 9", "DELETE FROM {}", "TRUNCATE {}"]
TABLES = ["audit_auditlink", "audit_checkpoint"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", CHANGES)
def test_the_app_role_changes_neither_links_nor_checkpoints(
    alder: Agency, clerk: Actor, table: str, verb: str
) -> None:
    checkpoints.take_checkpoint(alder.pk)
    with scope(alder.pk), pytest.raises(DatabaseError, match="denied"), transaction.atomic():
        connection.cursor().execute(verb.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", CHANGES)
@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_role_is_refused_by_triggers(table: str, verb: str) -> None:
    head = "c" * 64
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT set_config('candor.agency_id', '7', true)")
        owner.execute(
            "INSERT INTO audit_auditentry (id, agency_id, action, actor_label, source,"
            " subject_type, subject_id, data) VALUES (-7, 7, 'login', 'a', '', '', '', '{}')"
        )
        owner.execute(
            "INSERT INTO audit_auditlink (agency_id, number, entry_id, digest, head)"
            " VALUES (7, 1, -7, %s, %s)",
            [head, head],
        )
        owner.execute(
            "INSERT INTO audit_checkpoint (agency_id, number, entries, head, document, key_id,"
            " signature) VALUES (7, 1, 1, %s, '', '', '')",
            [head],
        )
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic("owner"):
            owner.execute(verb.format(table))


def test_an_entry_waits_until_it_is_linked(alder: Agency, clerk: Actor) -> None:
    record(clerk, Action.CASE_VIEWED)
    with scope(alder.pk):
        before = AuditPending.objects.count()
        with pytest.raises(DatabaseError, match="not linked"), transaction.atomic():
            AuditPending.objects.all().delete()
        assert AuditPending.objects.count() == before


def test_a_link_fits_its_chain(alder: Agency, birch: Agency, clerk: Actor) -> None:
    theirs = record(command_actor("test", birch.pk), Action.CASE_VIEWED)
    link_pending(alder.pk)
    mine = record(clerk, Action.CASE_VIEWED)
    with scope(alder.pk):
        last = AuditLink.objects.order_by("-number")[0]
        for entry, number in ((theirs, last.number + 1), (mine, last.number + 2)):
            link = AuditLink(
                agency_id=alder.pk, number=number, entry=entry, digest=FIRST, head=FIRST
            )
            with pytest.raises(DatabaseError), transaction.atomic():
                link.save(force_insert=True)
        assert AuditLink.objects.order_by("-number")[0] == last


def test_a_checkpoint_signs_the_head(alder: Agency, clerk: Actor) -> None:
    record(clerk, Action.CASE_VIEWED)
    first = checkpoints.take_checkpoint(alder.pk)
    assert first is not None
    document = json.loads(first.document)
    signature = signing.Signature(first.key_id, first.signature)
    signing.verify(checkpoints.KIND, document, signature)
    with scope(alder.pk):
        last = AuditLink.objects.order_by("-number")[0]
    assert (document["entries"], document["head"]) == (last.number, last.head)
    assert document["previous"] == FIRST
    with pytest.raises(signing.BadSignature):
        signing.verify(checkpoints.KIND, document | {"entries": 1}, signature)


def test_nothing_new_makes_no_new_checkpoint(alder: Agency, clerk: Actor) -> None:
    first = checkpoints.take_checkpoint(alder.pk)
    assert checkpoints.take_checkpoint(alder.pk) == first
    record(clerk, Action.CASE_VIEWED)
    second = checkpoints.take_checkpoint(alder.pk)
    assert first is not None
    assert second is not None
    assert second.number == first.number + 1
    assert json.loads(second.document)["entries"] == first.entries + 1


def test_heads_are_signed_when_they_are_due(
    alder: Agency, clerk: Actor, settings: "pytest.FixtureRequest"
) -> None:
    settings.CHECKPOINT_ENTRIES = 100_000  # type: ignore[attr-defined]
    record(clerk, Action.CASE_VIEWED)
    checkpoints.keep_chains()
    with scope(alder.pk):
        assert not Checkpoint.objects.exists()
        chain = AuditChain.objects.get()
        assert chain.checkpoint_due is not None
        wait = chain.checkpoint_due - timezone.now()
        assert 59 * 60 < wait.total_seconds() <= 3600
        AuditChain.objects.update(checkpoint_due=timezone.now())
    checkpoints.keep_chains()
    with scope(alder.pk):
        assert Checkpoint.objects.count() == 1
        assert AuditChain.objects.get().checkpoint_due is None


def test_many_entries_are_signed_before_their_hour(
    alder: Agency, clerk: Actor, settings: "pytest.FixtureRequest"
) -> None:
    checkpoints.take_checkpoint(alder.pk)
    settings.CHECKPOINT_ENTRIES = 3  # type: ignore[attr-defined]
    for number in range(3):
        with scope(alder.pk):
            assert Checkpoint.objects.count() == 1, number
        record(clerk, Action.CASE_VIEWED)
        checkpoints.keep_chains()
    with scope(alder.pk):
        assert Checkpoint.objects.count() == 2


def test_content_is_sealed_apart_and_its_destruction_leaves_the_chain(
    alder: Agency, clerk: Actor
) -> None:
    facts = {"case": "c-1", "decision": "approved", "basis": "urgent"}
    entry = record(
        clerk, Action.SEARCH_AUTHORIZED, alder, facts | {"case": "c-1"}, content={"reason": "Zebra"}
    )
    link_pending(alder.pk)
    with scope(alder.pk):
        entry = AuditEntry.objects.get(pk=entry.pk)
        assert read_content(entry) == {"reason": "Zebra"}
        assert "Zebra" not in str(AuditEntry.objects.values().get(pk=entry.pk))
        assert b"Zebra" not in bytes(AuditContent.objects.get(entry_id=entry.pk).sealed)
        assert destroy_content(alder.pk, case="c-1") == 1
        assert not AuditKey.objects.exists()
        assert not AuditContent.objects.exists()
        assert read_content(entry) is None
    chain_holds(alder.pk)


def test_equal_content_has_another_digest_each_time(alder: Agency, clerk: Actor) -> None:
    digests = {
        record(clerk, Action.CASE_HELD, content={"reason": "the same"}).content_digest
        for _ in range(3)
    }
    assert len(digests) == 3


def test_content_of_another_kind_is_refused(alder: Agency, clerk: Actor) -> None:
    with pytest.raises(IncompleteEntry, match="unknown content secret"):
        record(clerk, Action.CASE_HELD, content={"secret": "x"})
    entry = record(clerk, Action.CASE_HELD, content={"reason": ""})
    with scope(alder.pk):
        assert read_content(AuditEntry.objects.get(pk=entry.pk)) == {}


def test_the_platforms_own_content_is_sealed_too(db: None) -> None:
    actor = command_actor("test", None)
    entry = record(
        actor, Action.STAFF_SESSION_OPENED, data={"minutes": 5}, content={"reason": "Invoice"}
    )
    with platform_scope():
        assert read_content(AuditEntry.objects.get(pk=entry.pk)) == {"reason": "Invoice"}
