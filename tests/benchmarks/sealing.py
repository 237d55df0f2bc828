"""Sealed texts for rows that are copied by SQL, where each row has a text of its own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from accounts.access import files_of
from portal.tenancy import TenantModel
from searches.marked import MarkedText
from searches.sealed import identity_of


def seal_copies(
    server: "psycopg.Connection[tuple[Any, ...]]",
    model: type[TenantModel],
    agency_id: int,
    name: str,
    texts: Sequence[tuple[UUID, str]],
) -> None:
    """Give rows, by their ids, the texts of a MarkedText: sealed, and their marks."""
    files, field = files_of(agency_id), model._meta.get_field(name)
    assert isinstance(field, MarkedText)
    sealed = [files.seal_text(text, identity_of(model, pk, field.sealed)) for pk, text in texts]
    marks = [files.mark(text, field.kind) for _, text in texts]
    table = model._meta.db_table
    server.execute(
        f'UPDATE "{table}" t SET {field.sealed} = n.sealed, {field.column} = n.mark'.encode()
        + b" FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS n (id, sealed, mark)"
        b" WHERE t.agency_id = %s AND t.id = n.id",
        [[pk for pk, _ in texts], sealed, marks, agency_id],
    )
