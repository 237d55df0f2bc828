"""Sealed texts that rows are looked up by: references of subjects, numbers of cases.

Beside the sealed text the row has its mark, a digest under a key of the agency's. Equal texts of a
kind have equal marks, so rows are found and held unique by whole texts, and by nothing less: no
beginning, no order. ADR 0024 says what a mark tells whoever has a dump and not the keys.
"""

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.forms import CharField, Field

from accounts.access import files_in_scope
from portal.tenancy import TenantModel, current_agency_id
from searches.sealed import OverColumn, opened, seal_into

SUBJECT_REFERENCE = "subject reference"
CASE_NUMBER = "case number"

# What stays of an erased reference.
NO_REFERENCE: dict[str, bytes] = {"reference": b"", "reference_sealed": b""}


def mark_of(text: str, kind: str) -> bytes:
    """The mark of a text for the current agency; of no text there is none."""
    return files_in_scope(current_agency_id()).mark(text, kind) if text else b""


def spellings(text: str) -> list[str]:
    """What somebody may mean who looks for a text: as it is written, or in capitals."""
    text = text.strip()
    return [text] if text == text.upper() else [text, text.upper()]


class _Text(DeferredAttribute, OverColumn):
    """Reads and writes the text; the instance keeps the mark, as the database has it."""

    def __init__(self, field: "MarkedText") -> None:
        super().__init__(field)
        self.column = field.sealed
        self._mark, self._kind = field.attname, field.kind
        self._known = f"_{field.attname}_known"

    def __get__(self, row: Any, cls: Any = None) -> Any:
        if row is None:
            return self
        sealed = bytes(getattr(row, self.column))
        known: tuple[bytes, str] | None = row.__dict__.get(self._known)
        if known is None or known[0] != sealed:
            known = row.__dict__[self._known] = (sealed, opened(row, self.column))
        return known[1]

    def __set__(self, row: TenantModel, value: "str | bytes | memoryview") -> None:
        if not isinstance(value, str):  # as it came from the database
            row.__dict__[self._mark] = bytes(value)
            return
        mark = mark_of(value, self._kind)
        if row.__dict__.get(self._mark) == mark and getattr(row, self._mark) == value:
            return  # sealed once more it would be other bytes, and a row that has changed
        seal_into(row, self.column, value)
        row.__dict__[self._mark] = mark
        row.__dict__[self._known] = (bytes(getattr(row, self.column)), value)


class MarkedText(models.BinaryField[Any, Any]):
    """A text whose column is its mark; the text itself lies sealed in the column `sealed`.

    `filter(reference="P-1")` and constraints compare marks, `row.reference` is the text. Rows are
    not sorted by it. The column `sealed` comes before it in the model, since a new row gets its
    values in that order.
    """

    descriptor_class = _Text
    empty_values = (None, b"", "")

    def __init__(self, *args: Any, kind: str, sealed: str, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.sealed = sealed

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"kind": self.kind, "sealed": self.sealed}

    def pre_save(self, row: models.Model, add: bool) -> bytes:
        mark: bytes = row.__dict__[self.attname]
        return mark

    def get_prep_value(self, value: Any) -> Any:
        return (
            mark_of(value, self.kind) if isinstance(value, str) else super().get_prep_value(value)
        )

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = mark_of(value, self.kind)
        return super().get_db_prep_value(value, connection, prepared)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, str):
            raise TypeError(f"{self.name} is written with its sealed text: see as_stored")
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, *args: Any) -> bytes | None:
        return None if value is None else bytes(value)

    def to_python(self, value: Any) -> Any:
        return value

    def formfield(self, **kwargs: Any) -> Field | None:
        return super().formfield(
            **{"form_class": CharField, "max_length": self.max_length} | kwargs
        )


def reference_field(**kwargs: Any) -> MarkedText:
    """The reference of a subject, over the column `reference_sealed`, which stands before it."""
    return MarkedText(
        kind=SUBJECT_REFERENCE,
        sealed="reference_sealed",
        db_column="reference_mark",
        max_length=120,
        **kwargs,
    )


def as_stored(row: TenantModel, name: str) -> dict[str, bytes]:
    """What an UPDATE writes of such a text that a row was given: the mark and the sealed text."""
    sealed = f"{name}_sealed"
    return {name: row.__dict__[name], sealed: bytes(getattr(row, sealed))}


def is_given(name: str) -> models.Q:
    """For constraints: there is such a text, sealed and with its mark."""
    return ~models.Q(**{name: b""}) & ~models.Q(**{f"{name}_sealed": b""})


def is_whole(name: str) -> models.Q:
    """For constraints: there is such a text, or nothing of one."""
    return is_given(name) | models.Q(**{name: b"", f"{name}_sealed": b""})
