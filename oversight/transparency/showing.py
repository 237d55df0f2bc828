"""A report's document in words, for pages and for the PDF."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oversight.transparency import words
from oversight.transparency.making import NOT_MEASURED
from oversight.transparency.periods import MONTH, QUARTER, YEAR, Period
from oversight.transparency.tabling import Document
from portal.days import day_in_words


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table in words; `total` closes it."""

    name: str
    values: Sequence[str]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One table in words; without lines there was nothing of the kind."""

    key: str
    title: str
    note: str
    columns: Sequence[str]
    lines: Sequence[Line]


def tables(document: Document) -> list[Shown]:
    return [_table(one) for one in document["tables"]]


def period_name(period: Period) -> str:
    """As 2026, the third quarter of 2026, November 2026, or two days."""
    match period.kind:
        case kind if kind == YEAR:
            return str(period.first.year)
        case kind if kind == QUARTER:
            number, year = (period.first.month + 2) // 3, period.first.year
            return _("Quarter %(number)s of %(year)s") % {"number": number, "year": year}
        case kind if kind == MONTH:
            return date_format(period.first, "F Y")
    return _("%(first)s to %(last)s") % {
        "first": day_in_words(period.first),
        "last": day_in_words(period.last),
    }


def period_of(document: Document) -> Period:
    days = document["period"]
    return Period(date.fromisoformat(days["from"]), date.fromisoformat(days["to"]))


def made_at(document: Document) -> datetime:
    return datetime.fromisoformat(document["made_at"])


def checks(document: Document) -> list[tuple[str, str]]:
    """What was compared with the tables, and what came of it."""
    return [
        (str(words.CHECKED.get(c["what"], c["what"])), _compared(c)) for c in document["checks"]
    ]


def differs(document: Document) -> bool:
    return any(not _is_equal(check) for check in document["checks"])


def kappa(document: Document) -> str:
    found = document["agreement"]["kappa"]
    if found == NOT_MEASURED:
        return _("not measured: fewer than 30 pairs of decisions")
    if isinstance(found, str):
        return _("withheld, because it rests on small numbers")
    if not found["low"]:
        return str(found["value"])
    return str(_("%(value)s (95 %% interval %(low)s to %(high)s)") % found)


def parsed(text: str) -> Document:
    found: Document = json.loads(text)
    return found


def _is_equal(check: Mapping[str, Any]) -> bool:
    if "agrees" in check:
        return bool(check["agrees"])
    return not check["only_in_record"] and not check["only_in_tables"]


def _compared(check: Mapping[str, Any]) -> str:
    if _is_equal(check):
        return _("The record and the tables agree.")
    if "agrees" in check:
        return _("The record and the tables differ.")
    return _(
        "The record has %(record)s, the tables have %(tables)s; only in the record:"
        " %(only_in_record)s, only in the tables: %(only_in_tables)s."
    ) % dict(check)


def _table(one: Mapping[str, Any]) -> Shown:
    key, wide = one["key"], len(one["columns"]) > 1
    has_totals = one["totals"] and bool(one["rows"])
    lines = []
    for number, name in enumerate(one["rows"]):
        cells = [words.value(cell) for cell in one["cells"][number]]
        if has_totals and wide:
            cells.append(words.value(one["row_totals"][number]))
        lines.append(Line(words.row(key, name), cells))
    if has_totals and len(lines) > 1:
        sums = [words.value(cell) for cell in one["column_totals"]]
        ends = [words.value(one["total"])] if wide else []
        lines.append(Line(_("Together"), [*sums, *ends], is_total=True))
    columns = [words.column(key, name) for name in one["columns"]]
    ends = [_("Together")] if has_totals and wide else []
    return Shown(key, words.title(key), words.note(key), [*columns, *ends], lines)
