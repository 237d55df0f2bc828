"""Counting that stops: nobody acts on the difference between very many and even more."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

MOST = 999


class _Counted(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counted(rows: "QuerySet[Any]", most: int = MOST) -> Subquery:
    """How many rows there are, as part of another statement; counted to one beyond `most`."""
    return _Counted(rows.order_by().values("pk")[: most + 1])


def in_figures(number: int, most: int = MOST) -> str:
    """A count that ended at `most` + 1 is at least that."""
    return f"{most}+" if number > most else str(number)
