"""Rows by statements that are written out, for what every page or every search asks.

To build such a statement takes the ORM longer than PostgreSQL takes to answer it. Row-level
security holds for these as for all others; what a model's manager adds has to be in the statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

Models = tuple[type[Model], ...]


def fetch(
    source: str, values: Sequence[Any], *models: type[Model], more: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """An instance of each model a row, and behind them the values of the expressions `more`.

    `source` is what stands behind FROM: a constant, with %s for each of `values`. Values of `more`
    are as the driver gives them: jsonb is text.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_columns(models, more)} FROM {source}", values)  # noqa: S608
        return [_instances(row, models) for row in cursor.fetchall()]


@cache
def _columns(models: Models, more: tuple[str, ...]) -> str:
    fields = [field for model in models for field in model._meta.concrete_fields]
    return ", ".join([f"{one.model._meta.db_table}.{one.column}" for one in fields] + list(more))


@cache
def _fields(model: type[Model]) -> tuple[list[str], list[tuple[int, Any]]]:
    """The names of a model's attributes, and what turns the driver's values into theirs."""
    fields = model._meta.concrete_fields
    converters = [
        (place, convert)
        for place, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    return [field.attname for field in fields], converters


def _instances(row: Sequence[Any], models: Models) -> tuple[Any, ...]:
    made: list[Any] = []
    at = 0
    for model in models:
        names, converters = _fields(model)
        values = list(row[at : at + len(names)])
        for place, convert in converters:
            values[place] = convert(values[place], None, connection)
        made.append(model.from_db(DEFAULT_DB_ALIAS, names, values))
        at += len(names)
    return (*made, *row[at:])
