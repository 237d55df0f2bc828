"""The same attacks by SQL, by the owner of the tables with the triggers off: one checkpoint tells.

Everything happens in one transaction of the owner role, which is rolled back; what the portal would
export is read through that connection.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction

from accounts.actor import command_actor
from portal.audit import candor_verify
from portal.audit.actions import Action
from portal.audit.canonical import FIRST, entry_digest, head_after
from portal.audit.checkpoints import take_checkpoint
from portal.audit.handing_out import checkpoint_json
from portal.audit.live import verify_live
from portal.audit.models import AuditContent, AuditEntry, AuditLink, Checkpoint
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
AGENCY = 4_000_007  # of no agency's row: the record holds ids only
TABLES = ("auditentry", "auditlink", "auditpending", "auditcontent", "checkpoint")
MANIPULATIONS = 1000


@contextmanager
def as_owner() -> Iterator[Any]:
    """Everything through the connection of the owner role, past triggers; nothing of it stays."""
    app, owner = connections["default"], connections["owner"]
    connections["default"] = owner
    try:
        with transaction.atomic(), owner.cursor() as cursor:
            yield cursor
            transaction.set_rollback(True)
    finally:
        connections["default"] = app


def disarm(cursor: Any) -> None:
    for table in TABLES:
        cursor.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")
        cursor.execute(f"ALTER TABLE audit_{table} NO FORCE ROW LEVEL SECURITY")


def history() -> candor_verify.Checkpoint:
    """Thirty entries under three checkpoints, the last of which somebody else has."""
    made = None
    for number in range(30):
        record(command_actor(f"test {number}", AGENCY), Action.CASE_VIEWED)
        if number % 10 == 9:
            made = take_checkpoint(AGENCY)
    assert made is not None
    return candor_verify.checkpoint_of(checkpoint_json(made), "published", True)


class Attacker:
    """SQL statements over the rows of one chain; every verb returns which kinds must be found."""

    def __init__(self, cursor: Any, chance: random.Random) -> None:
        self.cursor, self.chance = cursor, chance
        with scope(AGENCY):
            links = AuditLink.objects.filter(agency_id=AGENCY).order_by("number")
            self.links = list(links.values_list("number", "entry_id"))

    def sql(self, statement: str, *values: Any) -> None:
        self.cursor.execute(statement, values)
        assert self.cursor.rowcount != 0, statement

    def one(self) -> tuple[int, int]:
        return self.chance.choice(self.links)

    # --- One statement, or a few ---

    def change_an_entry(self) -> set[str]:
        column, value = self.chance.choice(
            [
                *(("actor_label", "somebody"), ("source", "10.9.9.9"), ("action", "login")),
                *(("outcome", "failed"), ("subject_type", "case"), ("subject_id", "9")),
                *(("case_id", "c-9"), ("data", '{"n": 1}'), ("content_digest", "c" * 64)),
                *(("at", "2020-01-01T00:00:00Z"), ("actor_id", 99)),
            ]
        )
        statement = f"UPDATE audit_auditentry SET {column} = %s WHERE id = %s"
        self.sql(statement, value, self.one()[1])
        return {"changed"}

    def give_an_entry_away(self) -> set[str]:
        self.sql("UPDATE audit_auditentry SET agency_id = 3 WHERE id = %s", self.one()[1])
        return {"removed"}

    def delete_an_entry(self) -> set[str]:
        self.sql("DELETE FROM audit_auditentry WHERE id = %s", self.one()[1])
        return {"removed"}

    def delete_a_link(self) -> set[str]:
        self.sql("DELETE FROM audit_auditlink WHERE entry_id = %s", self.one()[1])
        return {"unlinked"}

    def delete_both(self) -> set[str]:
        number, entry = self.one()
        self.sql("DELETE FROM audit_auditlink WHERE entry_id = %s", entry)
        self.sql("DELETE FROM audit_auditentry WHERE id = %s", entry)
        return {"truncated"} if number == len(self.links) else {"removed"}

    def delete_both_and_close_the_gap(self) -> set[str]:
        number, entry = self.one()
        self.sql("DELETE FROM audit_auditlink WHERE entry_id = %s", entry)
        self.sql("DELETE FROM audit_auditentry WHERE id = %s", entry)
        self.shift(number + 1, -1)
        return {"truncated"} if number == len(self.links) else {"broken"}

    def shift(self, first: int, by: int) -> None:
        """Renumber; in two steps, for no number may be there twice meanwhile."""
        for step in (1_000_000, by - 1_000_000):
            edge = first if step > 0 else 1_000_000
            self.cursor.execute(
                "UPDATE audit_auditlink SET number = number + %s"
                " WHERE agency_id = %s AND number >= %s",
                [step, AGENCY, edge],
            )

    def insert(self) -> int:
        self.sql(
            "INSERT INTO audit_auditentry (agency_id, action, actor_label, source, subject_type,"
            " subject_id, data) VALUES (%s, 'case.viewed', 'x', '', '', '', '{}')",
            AGENCY,
        )
        self.cursor.execute("SELECT max(id) FROM audit_auditentry WHERE agency_id = %s", [AGENCY])
        return int(self.cursor.fetchone()[0])

    def insert_without_a_link(self) -> set[str]:
        self.insert()
        return {"unlinked"}

    def link(self, number: int, entry: int) -> None:
        self.sql(
            "INSERT INTO audit_auditlink (agency_id, number, entry_id, digest, head)"
            " VALUES (%s, %s, %s, %s, %s)",
            *(AGENCY, number, entry, FIRST, FIRST),
        )

    def insert_in_between(self) -> set[str]:
        number, _entry = self.one()
        self.shift(number, 1)
        self.link(number, self.insert())
        return {"changed"} if number == 1 else {"broken"}

    def exchange_entries(self) -> set[str]:
        (one, first), (other, second) = self.chance.sample(self.links, 2)
        statement = "UPDATE audit_auditlink SET entry_id = %s WHERE agency_id = %s AND number = %s"
        for entry, number in ((-1, one), (first, other), (second, one)):
            self.sql(statement, entry, AGENCY, number)
        return {"reordered"}

    def exchange_links(self) -> set[str]:
        (one, _), (other, _) = self.chance.sample(self.links, 2)
        statement = "UPDATE audit_auditlink SET number = %s WHERE agency_id = %s AND number = %s"
        for after, before in ((1_000_000, one), (one, other), (other, 1_000_000)):
            self.sql(statement, after, AGENCY, before)
        return {"broken"}

    def cut(self) -> set[str]:
        number, _entry = self.one()
        self._cut(number)
        return {"truncated"}

    def _cut(self, number: int) -> None:
        self.sql(
            "DELETE FROM audit_auditentry e USING audit_auditlink l WHERE l.entry_id = e.id"
            " AND l.agency_id = %s AND l.number >= %s",
            *(AGENCY, number),
        )
        statement = "DELETE FROM audit_auditlink WHERE agency_id = %s AND number >= %s"
        self.sql(statement, AGENCY, number)

    def forge_a_digest(self) -> set[str]:
        self.sql("UPDATE audit_auditlink SET digest = %s WHERE entry_id = %s", FIRST, self.one()[1])
        return {"changed"}

    def forge_a_head(self) -> set[str]:
        self.sql("UPDATE audit_auditlink SET head = %s WHERE entry_id = %s", FIRST, self.one()[1])
        return {"broken"}

    def take_out_a_checkpoint(self) -> set[str]:
        number = self.chance.choice([1, 2, 3])
        statement = "DELETE FROM audit_checkpoint WHERE agency_id = %s AND number = %s"
        self.sql(statement, AGENCY, number)
        return {"checkpoint"}

    def forge_a_checkpoint(self) -> set[str]:
        self.sql(
            "UPDATE audit_checkpoint SET document = replace(document, %s, %s)"
            " WHERE agency_id = %s AND number = %s",
            *('"format":1', '"format":2', AGENCY, self.chance.choice([1, 2, 3])),
        )
        return {"signature"}

    def spoil_a_checkpoint(self) -> set[str]:
        column = self.chance.choice(["document", "key_id", "signature"])
        self.sql(
            f"UPDATE audit_checkpoint SET {column} = 'x' WHERE agency_id = %s AND number = %s",
            *(AGENCY, self.chance.choice([1, 2, 3])),
        )
        return {"checkpoint", "signature"}

    def come_too_late(self) -> set[str]:
        """By the front door, with a time that is past."""
        entry = self.insert()
        self.sql("UPDATE audit_auditentry SET at = '2020-01-01T00:00:00Z' WHERE id = %s", entry)
        self.rechain()
        return {"backdated"}

    # --- And then the chain computed anew ---

    def rechain(self) -> None:
        """Every entry linked in the order of the links there are, then of the ids."""
        with scope(AGENCY):
            entries = list(
                AuditEntry.objects.filter(agency_id=AGENCY).order_by("link__number", "id")
            )
        self.cursor.execute("DELETE FROM audit_auditlink WHERE agency_id = %s", [AGENCY])
        head, rows = FIRST, []
        for number, entry in enumerate(entries, start=1):
            digest = entry_digest(entry)
            head = head_after(AGENCY, number, digest, head)
            rows.append([AGENCY, number, entry.pk, digest, head])
        self.cursor.executemany(
            "INSERT INTO audit_auditlink (agency_id, number, entry_id, digest, head)"
            " VALUES (%s, %s, %s, %s, %s)",
            rows,
        )

    def cover_up(self) -> None:
        how = self.chance.randrange(3)
        if how:
            self.sql("DELETE FROM audit_checkpoint WHERE agency_id = %s", AGENCY)
        if how == 2:  # the portal goes on, and signs what it finds
            record(command_actor("test", AGENCY), Action.CASE_VIEWED)
            self.rechain()
            take_checkpoint(AGENCY)

    def rewrite(self) -> set[str]:
        before = [self.change_an_entry, self.delete_both, self.insert_in_between]
        self.chance.choice([*before, self.exchange_entries])()
        self.rechain()
        self.cover_up()
        return {"rewritten", "truncated"}

    def restore_an_older_dump(self) -> set[str]:
        number, _entry = self.one()
        self._cut(number)
        self.cursor.execute(
            "DELETE FROM audit_checkpoint WHERE agency_id = %s AND entries >= %s", [AGENCY, number]
        )
        for _ in range(self.chance.choice([0, 0, 40])):
            self.insert()
        self.rechain()
        return {"rewritten", "truncated"}


def verbs(attacker: Attacker) -> list[Callable[[], set[str]]]:
    return [
        *(attacker.change_an_entry, attacker.give_an_entry_away, attacker.delete_an_entry),
        *(attacker.delete_a_link, attacker.delete_both, attacker.delete_both_and_close_the_gap),
        *(attacker.insert_without_a_link, attacker.insert_in_between, attacker.exchange_entries),
        *(attacker.exchange_links, attacker.cut, attacker.forge_a_digest, attacker.forge_a_head),
        *(attacker.take_out_a_checkpoint, attacker.forge_a_checkpoint, attacker.come_too_late),
        *(attacker.spoil_a_checkpoint, attacker.rewrite, attacker.rewrite, attacker.rewrite),
        attacker.restore_an_older_dump,
    ]


def test_every_manipulation_by_the_owner_of_the_tables_is_found() -> None:
    chance = random.Random(250)
    with as_owner() as cursor:
        known = history()
        assert verify_live(AGENCY, "before", [known]).findings == []
        disarm(cursor)
        for turn in range(MANIPULATIONS):
            attacker = Attacker(cursor, chance)
            choices = verbs(attacker)
            verb = choices[turn % len(choices)]
            with transaction.atomic():
                expected = verb()
                report = verify_live(AGENCY, "after", [known])
                assert report.kinds() & expected, (turn, verb.__name__, report.findings)
                transaction.set_rollback(True)
        assert verify_live(AGENCY, "after all", [known]).findings == []


def test_content_that_the_owner_exchanges_is_found_and_what_is_destroyed_is_not() -> None:
    with as_owner() as cursor:
        actor = command_actor("test", None)
        for number in range(2):
            facts = {"minutes": number}
            content = {"reason": f"Invoice {number}"}
            record(actor, Action.STAFF_SESSION_OPENED, data=facts, content=content)
        made = take_checkpoint(None)
        assert made is not None
        known = candor_verify.checkpoint_of(checkpoint_json(made), "published", True)
        disarm(cursor)
        with platform_scope():
            one, other = AuditContent.objects.filter(agency_id=None).order_by("-entry_id")[:2]
        assert verify_live(None, "before", [known]).findings == []
        swap = "UPDATE audit_auditcontent SET sealed = %s WHERE entry_id = %s"
        for value in (bytes(other.sealed), b"", b"x" * 90):
            with transaction.atomic():
                cursor.execute(swap, [value, one.entry_id])
                assert verify_live(None, "after", [known]).kinds() == {"content"}
                transaction.set_rollback(True)
        cursor.execute("DELETE FROM audit_auditcontent WHERE entry_id = %s", [one.entry_id])
        assert verify_live(None, "after", [known]).findings == []
        with platform_scope():
            assert Checkpoint.objects.filter(agency_id=None).exists()
