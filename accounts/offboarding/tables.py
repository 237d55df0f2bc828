"""Which tables hold rows of agencies, asked of the database itself, so that none is forgotten."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from hashlib import sha256

from django.db import connection, transaction

AGENCY = "accounts_agency"
MEMBERSHIP = "accounts_membership"
# What outlives the agency, and why; the receipt says it too.
KEPT = {
    "audit_auditentry": "The record is append-only: it holds ids, codes, counts and digests, and"
    " the e-mail addresses of those who acted.",
    **dict.fromkeys(
        (
            *("audit_auditchain", "audit_auditlink", "audit_auditpending"),
            *("audit_checkpoint", "audit_checkpointstamp"),
        ),
        "The chain over the record and its signed heads: numbers and digests.",
    ),
    "oversight_recordword": "Hashes of the ids and codes by which the record is searched.",
    "accounts_offboarding": "States, counts and dates of the off-boarding itself.",
    "accounts_destructionreceipt": "This receipt.",
    **dict.fromkeys(
        (
            "accounts_license",
            "accounts_licenseversion",
            "accounts_licenseact",
            "accounts_billingaccount",
            "accounts_invoice",
            "accounts_invoiceline",
            "accounts_billedusage",
            "accounts_payment",
            "accounts_dunningreminder",
        ),
        "What was sold, billed and paid: the platform's accounts, without content.",
    ),
    **dict.fromkeys(
        ("accounts_quotacounter", "accounts_quotareservation", "accounts_usageentry"),
        "Metered counts that invoices rest on, without reference to content.",
    ),
}
ROWS_PER_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a column agency_id; partitions belong to their parent. Columns are quoted.

    A reference that is emptied when its row goes (ON DELETE SET NULL) makes no parent.
    """

    name: str
    primary_key: tuple[str, ...]
    parents: frozenset[str]


_TABLES = """
SELECT c.relname,
       (SELECT array_agg(quote_ident(a.attname) ORDER BY array_position(i.indkey::int2[], a.attnum))
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = c.oid AND i.indisprimary),
       (SELECT array_agg(DISTINCT p.relname) FROM pg_constraint k
        JOIN pg_class p ON p.oid = k.confrelid AND NOT p.relispartition
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
        AND k.confdeltype <> 'n')
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'agency_id'
            AND NOT a.attisdropped)
ORDER BY c.relname
"""

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)
ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"
"""


def tenant_tables() -> list[Table]:
    """Every table with rows of agencies, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [
            Table(name, tuple(key), frozenset(parents or ()))
            for name, key, parents in cursor.fetchall()
        ]


def schema_of(tables: Iterable[Table]) -> str:
    """A digest of the columns of these tables: an export fits where it is the same."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [[table.name for table in tables]])
        lines = [f"{table} {column} {kind}" for table, column, kind in cursor.fetchall()]
    return sha256("\n".join(lines).encode()).hexdigest()


def contract_lines() -> Iterator[str]:
    """The embedding contracts that rows name by number: hashes of engines, of no agency."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, contract, engine, dimension FROM searches_contract ORDER BY id")
        for pk, contract, engine, dimension in cursor.fetchall():
            facts = {"id": pk, "contract": contract, "engine": engine, "dimension": dimension}
            yield json.dumps(facts)


def destroyed_tables() -> list[Table]:
    """The tables whose rows go, those that refer to others first. Raises graphlib.CycleError."""
    going = {table.name: table for table in tenant_tables() if table.name not in KEPT}
    graph = {name: table.parents & going.keys() for name, table in going.items()}
    order = list(TopologicalSorter(graph).static_order())
    return [going[name] for name in reversed(order)]


def rows_of(
    table: Table, agency_id: int, selected: str, *, column: str = "agency_id"
) -> Iterator[list[str]]:
    """The agency's rows as JSON texts in batches, in the order of the primary key.

    `selected` is an SQL expression over the row `t` of type jsonb; `column` names the agency.
    """
    key = ", ".join(f"t.{column}" for column in table.primary_key)
    # The key travels as text and is compared as what it is.
    texts = ", ".join(f"t.{column}::text" for column in table.primary_key)
    begin = f"SELECT ({selected})::text, {texts} FROM {table.name} t WHERE t.{column} = %s"  # noqa: S608
    after: tuple[str, ...] = ()
    while True:
        further = f" AND ({key}) > ({', '.join(['%s'] * len(after))})" if after else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"{begin}{further} ORDER BY {key} LIMIT {ROWS_PER_BATCH}", [agency_id, *after]
            )
            found = cursor.fetchall()
        if not found:
            return
        yield [row[0] for row in found]
        after = found[-1][1:]


def count_of(table: str, agency_id: int) -> int:
    """How many rows of the agency a table has, as far as the scope shows them."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE agency_id = %s', [agency_id])  # noqa: S608
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def delete_some(table: Table, agency_id: int) -> int:
    """Delete at most a batch of the agency's rows in a table; returns how many."""
    key = ", ".join(table.primary_key)
    some = f"SELECT {key} FROM {table.name} WHERE agency_id = %s LIMIT {ROWS_PER_BATCH}"  # noqa: S608
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table.name} WHERE agency_id = %s AND ({key}) IN ({some})",  # noqa: S608
            [agency_id, agency_id],
        )
        return int(cursor.rowcount)
