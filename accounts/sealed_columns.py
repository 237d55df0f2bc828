"""Which columns hold what is sealed by an agency's data key, so that it can be sealed anew.

Apps register theirs in their `ready`; tests/accounts/test_text_rotation.py holds that no column of
bytes is forgotten.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import models

OWN_ROWS = "t.agency_id = %s"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`bound_to(*values)` is what the bytes of a row are bound to, given its columns `needs`.

    `rows` is the condition, on `t`, for the rows that are sealed by the key of one agency.
    """

    table: str
    column: str
    bound_to: Callable[..., str]
    needs: tuple[str, ...] = ("id",)
    rows: str = OWN_ROWS


_sources: list[Callable[[], Iterable[SealedColumn]]] = []


def seal_anew(source: Callable[[], Iterable[SealedColumn]]) -> None:
    """Add the columns of an app; it is asked when all models are known."""
    _sources.append(source)


def sealed_columns() -> list[SealedColumn]:
    """All of them, in a lasting order."""
    found = [column for source in _sources for column in source()]
    return sorted(found, key=lambda one: (one.table, one.column))


def text_column(
    model: type[models.Model],
    column: str,
    identity: Callable[..., str],
    needs: Sequence[str] = ("id",),
    rows: str = OWN_ROWS,
) -> SealedColumn:
    """A column of portal.storage's `seal_text`."""

    def bound(*values: object) -> str:
        return f"text:{identity(*values)}"

    return SealedColumn(model._meta.db_table, column, bound, tuple(needs), rows)


def bytes_column(
    model: type[models.Model], column: str, identity: Callable[..., str]
) -> SealedColumn:
    """A column of portal.storage's `seal_bytes`."""
    return SealedColumn(model._meta.db_table, column, lambda pk: f"bytes:{identity(pk)}")
