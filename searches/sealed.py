"""Texts of a row that only the agency can read: reasons, facts, notes, comments.

They lie in the database sealed with the agency's data key (AES-256-GCM), bound to the row and the
column, so that a dump shows none and a text cannot be moved to another row. Erasing one is
emptying its column. searches/marked.py has those that rows are looked up by.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from accounts.access import files_in_scope, files_of
from portal.keys import KeyProblem
from portal.tenancy import TenantModel


def sealed_column() -> "models.BinaryField[Any, Any]":
    """The column behind a sealed text; empty holds no text."""
    return models.BinaryField(default=b"", editable=False)


class OverColumn:
    """An attribute of a model that is a sealed text, which can be asked for its column."""

    column: str


class SealedText(OverColumn, property):
    """A property over a sealed column."""


def sealed_text(column: str) -> Any:
    """A str property of a TenantModel whose id is known before it is saved (a UUID).

    Reading and writing work in the scope of the row's agency only. Raises KeyProblem for bytes
    that are not this row's.
    """

    def read(row: TenantModel) -> str:
        return opened(row, column)

    def write(row: TenantModel, text: str) -> None:
        seal_into(row, column, text)

    text = SealedText(read, write)
    text.column = column
    return text


def opened(row: TenantModel, column: str) -> str:
    """The text in a sealed column of a row."""
    return texts_in(row, [column])[0]


def seal_into(row: TenantModel, column: str, text: str) -> None:
    """Put a text into a sealed column of a row of the current agency; the row is not saved."""
    row.take_scope()
    files = files_in_scope(row.agency_id)
    setattr(row, column, files.seal_text(text, _identity(row, column)) if text else b"")


def sealed_texts_of(model: type[TenantModel]) -> dict[str, str]:
    """The names of a model's sealed texts and their columns."""
    return {
        name: value.column for name, value in vars(model).items() if isinstance(value, OverColumn)
    }


def identity_of(model: type[models.Model], pk: object, column: str) -> str:
    """What a sealed text is bound to."""
    return f"{model._meta.label_lower}:{pk}:{column}"


def texts_of(rows: Sequence[TenantModel], column: str) -> list[str]:
    """The sealed texts of rows of one agency, in their order, with one look for the key."""
    return _texts([(row, column) for row in rows])


def texts_in(row: TenantModel, columns: Sequence[str]) -> list[str]:
    """Several sealed texts of one row, with one look for the key."""
    return _texts([(row, column) for column in columns])


def _texts(places: Sequence[tuple[TenantModel, str]]) -> list[str]:
    """What is sealed in places of one agency's rows."""
    found = [(bytes(getattr(row, column)), _identity(row, column)) for row, column in places]
    if not any(sealed for sealed, _ in found):
        return [""] * len(found)
    agency_id = places[0][0].agency_id
    try:
        files = files_in_scope(agency_id)
        return [files.unseal_text(*one) if one[0] else "" for one in found]
    except KeyProblem:  # perhaps the key was exchanged since the scope was opened
        files = files_of(agency_id)
        return [files.unseal_text(*one) if one[0] else "" for one in found]


def _identity(row: TenantModel, column: str) -> str:
    return identity_of(type(row), row.pk, column)
