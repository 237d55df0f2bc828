"""Texts of a row that only the agency can read: reasons, facts, notes, comments.

They lie in the database sealed with the agency's data key (AES-256-GCM), bound to the row and the
column, so that a dump shows none and a text cannot be moved to another row. Erasing one is
emptying its column.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from accounts.access import files_of
from portal.tenancy import TenantModel


def sealed_column() -> "models.BinaryField[Any, Any]":
    """The column behind a sealed text; empty holds no text."""
    return models.BinaryField(default=b"", editable=False)


class SealedText(property):
    """A property over a sealed column, which can be asked for its column."""

    column: str


def sealed_text(column: str) -> Any:
    """A str property of a TenantModel whose id is known before it is saved (a UUID).

    Reading and writing work in the scope of the row's agency only. Raises KeyProblem for bytes
    that are not this row's.
    """

    def read(row: TenantModel) -> str:
        sealed = bytes(getattr(row, column))
        if not sealed:
            return ""
        return files_of(row.agency_id).unseal_text(sealed, _identity(row, column))

    def write(row: TenantModel, text: str) -> None:
        row.take_scope()
        sealed = files_of(row.agency_id).seal_text(text, _identity(row, column)) if text else b""
        setattr(row, column, sealed)

    text = SealedText(read, write)
    text.column = column
    return text


def sealed_texts_of(model: type[TenantModel]) -> dict[str, str]:
    """The names of a model's sealed texts and their columns."""
    return {
        name: value.column for name, value in vars(model).items() if isinstance(value, SealedText)
    }


def identity_of(model: type[TenantModel], pk: object, column: str) -> str:
    """What a sealed text is bound to."""
    return f"{model._meta.label_lower}:{pk}:{column}"


def texts_of(rows: Sequence[TenantModel], column: str) -> list[str]:
    """The sealed texts of rows of one agency, in their order, with one look for the key."""
    if not rows:
        return []
    files = files_of(rows[0].agency_id)
    found = [(row, bytes(getattr(row, column))) for row in rows]
    return [
        files.unseal_text(sealed, _identity(row, column)) if sealed else "" for row, sealed in found
    ]


def texts_in(row: TenantModel, columns: Sequence[str]) -> list[str]:
    """Several sealed texts of one row, with one look for the key."""
    files = files_of(row.agency_id)
    found = [(column, bytes(getattr(row, column))) for column in columns]
    return [
        files.unseal_text(sealed, _identity(row, column)) if sealed else ""
        for column, sealed in found
    ]


def _identity(row: TenantModel, column: str) -> str:
    return identity_of(type(row), row.pk, column)
