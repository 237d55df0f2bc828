"""A report as files: signed JSON, CSV, PDF. The same report gives the same bytes."""

import csv
import json
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

import rfc8785
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.billing_csv import safe_cell
from oversight.models import TransparencyReport
from oversight.transparency import showing
from oversight.transparency.making import INTERNAL, KIND, PUBLIC
from oversight.transparency.suppressing import least, most
from oversight.transparency.tabling import Document
from portal import signing
from portal.days import day_in_words
from searches.documents.printing import compile_pdf, words

TEMPLATE = Path(__file__).parent.parent / "templates/oversight/typst/transparency.typ"
LANGUAGES = ("en", "fr")
TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
COLUMNS = ("table", "row", "column", "value", "least", "most")


def document_text(report: TransparencyReport, audience: str) -> str:
    return report.document if audience == INTERNAL else report.public_document


def file_of(report: TransparencyReport, kind: str, audience: str, language: str) -> bytes:
    """One of TYPES, for one of the audiences PUBLIC and INTERNAL."""
    text = document_text(report, audience)
    if kind == "json":
        return _json(report, audience)
    return _csv(showing.parsed(text)) if kind == "csv" else _pdf(text, language)


def file_name(report: TransparencyReport, kind: str, audience: str, slug: str) -> str:
    """A name that says when the numbers are not for the public."""
    days = report.period.name.replace("/", "-to-")
    marked = "" if audience == PUBLIC else "-INTERNAL"
    return f"transparency-{slug}-{days}{marked}.{kind}"


def _json(report: TransparencyReport, audience: str) -> bytes:
    value = report.signature if audience == INTERNAL else report.public_signature
    envelope = {
        "kind": KIND,
        "document": json.loads(document_text(report, audience)),
        "signature": value,
        "key_id": report.key_id,
        "public_key": signing.public_key_text_of(report.key_id),
    }
    found: bytes = rfc8785.dumps(envelope)
    return found


def _csv(document: Document) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in document["tables"]:
        for row, cells in zip(one["rows"], one["cells"], strict=True):
            for column, cell in zip(one["columns"], cells, strict=True):
                exact = cell if isinstance(cell, int) else ""
                line = [one["key"], row, column, exact, least(cell), most(cell)]
                writer.writerow([safe_cell(value) for value in line])
    return text.getvalue().encode()


@lru_cache(maxsize=64)
def _pdf(text: str, language: str) -> bytes:
    """Kept by its text: the public asks for the same one again and again."""
    document = showing.parsed(text)
    with translation.override(language):
        data = _data(document, language)
    return compile_pdf(TEMPLATE, data, showing.made_at(document))


def _data(document: Document, language: str) -> dict[str, Any]:
    at, agency = showing.made_at(document), words(document["agency"]["name"])
    period = showing.period_name(showing.period_of(document))
    internal = document["audience"] == INTERNAL
    return {
        "language": language,
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "title": _("Transparency report of %(agency)s, %(period)s")
        % {"agency": agency, "period": period},
        "heading": _("Transparency report"),
        "agency": agency,
        "period": period,
        "page": _("Page"),
        "mark": _("INTERNAL: not for publication, small numbers are shown") if internal else "",
        "about": about(document),
        "nothing": _("Nothing of the kind was recorded in this period."),
        "tables": [_table(one) for one in showing.tables(document)],
        "checks_title": _("Compared with the tables"),
        "checks": [[words(name), words(said)] for name, said in showing.checks(document)],
        "head_title": _("The record behind this report"),
        "head": [[words(name), words(value)] for name, value in head(document)],
        "head_text": words(recount_text(document)),
    }


def _table(one: showing.Shown) -> dict[str, Any]:
    return {
        "title": words(one.title),
        "note": words(one.note),
        "head": ["", *(words(name) for name in one.columns)],
        "rows": [[words(line.name), *line.values] for line in one.lines],
        "last_is_total": bool(one.lines) and one.lines[-1].is_total,
    }


def about(document: Document) -> list[str]:
    """What the reader has to know before the numbers."""
    days = showing.period_of(document)
    texts = [
        _("From %(first)s to %(last)s, days in %(zone)s. Each act counts when it was done.")
        % {
            "first": day_in_words(days.first),
            "last": day_in_words(days.last),
            "zone": document["period"]["zone"],
        },
        _(
            "All numbers are counted from the agency’s record of who did what, which cannot be"
            " changed afterwards; rules of counting, version %(version)s."
        )
        % {"version": document["rules"]},
        _("Agreement of the two examiners beyond chance (Cohen’s kappa): %(kappa)s.")
        % {"kappa": showing.kappa(document)},
    ]
    if document["audience"] == PUBLIC:
        texts.append(
            _(
                "To protect people, numbers from 1 to 4 are shown as “fewer than 5”, and sums with"
                " such a number as a range. Nothing is shown as 0 unless it is."
            )
        )
    return texts


def head(document: Document) -> list[tuple[str, str]]:
    record = document["record"]
    return [
        (_("Entries"), str(record["entries"])),
        (_("Head of the chain"), record["head"]),
        (_("Checkpoint"), record["checkpoint"]),
        (_("Signature of the checkpoint"), record["signature"]),
        (_("Key"), record["key_id"]),
        (_("Made"), document["made_at"]),
    ]


def recount_text(document: Document) -> str:
    return _(
        "Whoever has the agency’s exported record up to this head can count again: the same entries"
        " give the same numbers. docs/transparency.md says how."
    )
