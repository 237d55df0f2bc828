"""Several connections at once: rows that are really committed, and cleaned away afterwards."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from accounts.actor import command_actor
from accounts.models import Agency
from accounts.services.agencies import create_agency
from portal import embedded

ADDRESSES = "race.example"


@contextmanager
def committed_agency() -> Iterator[Agency]:
    """An agency outside any transaction of a test; people of it need addresses at ADDRESSES."""
    slug = f"race-{uuid.uuid4().hex[:8]}"
    agency = create_agency(actor=command_actor("test", None), name=slug, slug=slug)
    try:
        yield agency
    finally:
        connection.close()
        _clean(agency.pk)


def _clean(agency_id: int) -> None:
    """Triggers keep agencies and the record from deletion, so the superuser does it past them."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    name = str(settings.DATABASES["default"]["NAME"])
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "DELETE FROM audit_auditentry a USING accounts_license l WHERE l.agency_id = %s"
            " AND a.subject_type = 'license' AND a.subject_id = l.id::text",
            [agency_id],
        )
        for table in tables_of_agencies(superuser):
            superuser.execute(
                sql.SQL("DELETE FROM {} WHERE agency_id = %s").format(sql.Identifier(table)),
                [agency_id],
            )
        superuser.execute(
            "DELETE FROM audit_auditentry WHERE subject_type = 'agency' AND subject_id = %s",
            [str(agency_id)],
        )
        # Of no agency, and offered on pages of the next one.
        superuser.execute(
            "DELETE FROM searches_contract c WHERE engine = 'made-up'"
            " AND NOT EXISTS (SELECT FROM searches_template t WHERE t.contract_id = c.id)"
        )
        superuser.execute("DELETE FROM accounts_agency WHERE id = %s", [agency_id])
        superuser.execute("DELETE FROM accounts_user WHERE email LIKE %s", [f"%@{ADDRESSES}"])


def tables_of_agencies(superuser: psycopg.Connection) -> list[str]:
    """Every table with rows of agencies; partitions go with their parent."""
    rows = superuser.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition AND a.attname = 'agency_id' AND NOT a.attisdropped"
    )
    return [row[0] for row in rows]


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call returned or raised; all begin together, each on a connection of its own."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(position: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait(20)
            results[position] = call()
        except Exception as error:
            results[position] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(position, call)) for position, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
