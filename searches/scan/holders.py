"""Which hosts hold which galleries, as the database knows it, and what was noted for them."""

from typing import Any

from django.db import connection

from portal.tenancy import current_agency_id
from searches.models import ScanHolder
from searches.scan.files import Key, host

_REGISTER = """
INSERT INTO searches_scanholder (agency_id, token, host, contract_pk, gallery_id, shard, shards,
    seen, beat_at, templates, measured)
VALUES (%(agency)s, gen_random_uuid(), %(host)s, %(contract)s, %(gallery)s, %(shard)s, %(shards)s,
    pg_current_snapshot()::text, clock_timestamp(), 0, '{}')
RETURNING token::text, seen
"""

# Changes that every host has seen, and those of galleries that none holds.
_PRUNE = """
DELETE FROM searches_templatechange c WHERE c.agency_id = %(agency)s
    AND pg_visible_in_snapshot(c.xid::text::xid8, pg_current_snapshot())
    AND NOT EXISTS (SELECT FROM searches_scanholder h WHERE h.agency_id = c.agency_id
        AND h.gallery_id = c.gallery_id AND h.contract_pk = c.contract_pk
        AND NOT pg_visible_in_snapshot(c.xid::text::xid8, h.seen::pg_snapshot))
"""
_LOST = """
DELETE FROM searches_scanholder
WHERE agency_id = %(agency)s AND beat_at < clock_timestamp() - %(age)s::interval
"""

_BEHIND = """
{} FROM searches_scanholder WHERE agency_id = %s
    AND NOT pg_visible_in_snapshot(%s::text::xid8, seen::pg_snapshot)
"""


def register(key: Key) -> tuple[str, str]:
    """Tell the database that this host is going to hold a gallery; returns its token and `seen`.

    In autocommit: what is read afterwards shows all that `seen` shows, and what it does not show
    is kept for us from now on.
    """
    values: dict[str, Any] = {"agency": key.agency, "host": host()}
    values |= {"contract": key.contract, "gallery": key.gallery}
    values |= {"shard": key.shard.number, "shards": key.shard.count}
    with connection.cursor() as cursor:
        cursor.execute(_REGISTER, values)
        token, seen = cursor.fetchone()
    return str(token), str(seen)


def unregister(key: Key, token: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM searches_scanholder WHERE agency_id = %(agency)s"
            " AND token = %(token)s::uuid",
            {"agency": key.agency, "token": token},
        )


def forget_changes() -> None:
    """Forget what nobody waits for, and hosts of which nothing was heard for a day."""
    values: dict[str, Any] = {"agency": current_agency_id(), "age": "1 day"}
    with connection.cursor() as cursor:
        cursor.execute(_LOST, values)
        cursor.execute(_PRUNE, values)


def holders_of_agency() -> int:
    """How many times galleries of the agency are held, by all hosts."""
    return ScanHolder.objects.count()


def holders_behind(xid: int) -> int:
    """How many of them may have what the transaction `xid`, or an earlier one, removed."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND.format("SELECT count(*)"), [current_agency_id(), xid])
        return int(cursor.fetchone()[0])


def unregister_lost(xid: int, seconds: int) -> int:
    """Strike off those of them of which nothing was heard for so long; returns how many."""
    lost = f"{_BEHIND.format('DELETE')} AND beat_at < clock_timestamp() - %s::interval"
    with connection.cursor() as cursor:
        cursor.execute(lost, [current_agency_id(), xid, f"{seconds} s"])
        return int(cursor.rowcount)
