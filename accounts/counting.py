"""Counting that stops: nobody acts on the difference between very many and even more."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import IntegerField, QuerySet, Value
from django.db.models.expressions import RawSQL

MOST = 999


def counted(rows: "QuerySet[Any]") -> RawSQL | Value:
    """How many rows there are, as part of another statement; counted to one beyond `MOST`.

    In SQL already: a Subquery is copied whole several times until its statement is built.
    """
    try:
        sql, values = rows.order_by().values("pk")[: MOST + 1].query.sql_with_params()
    except EmptyResultSet:
        return Value(0, IntegerField())
    return RawSQL(f"(SELECT count(*) FROM ({sql}) counted)", values, IntegerField())  # noqa: S608, S611


def in_figures(number: int) -> str:
    """A count that ended at `MOST` + 1 is at least that."""
    return f"{MOST}+" if number > MOST else str(number)
