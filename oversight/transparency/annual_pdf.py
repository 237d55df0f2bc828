"""An annual form as a PDF, with lines to write on where Candor knows nothing."""

from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from oversight.transparency import showing
from oversight.transparency.annual import CHECK, AnnualForm, Part
from oversight.transparency.tabling import Document
from searches.documents.printing import compile_pdf, words

TEMPLATE = Path(__file__).parent.parent / "templates/oversight/typst/annual.typ"


def form_pdf(form: AnnualForm, document: Document, language: str) -> bytes:
    """The form filled from a report's document, in one of the languages of files.LANGUAGES."""
    with translation.override(language):
        data = _data(form, document, language)
    return compile_pdf(TEMPLATE, data, showing.made_at(document))


def _data(form: AnnualForm, document: Document, language: str) -> dict[str, Any]:
    at = showing.made_at(document)
    agency = words(document["agency"]["name"])
    return {
        "language": language,
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "title": f"{words(form.title)}, {agency}",
        "heading": words(form.title),
        "law": words(form.law),
        "agency": agency,
        "period": showing.period_name(showing.period_of(document)),
        "page": _("Page"),
        "notes": [words(form.source), words(CHECK)],
        "blank": _("to be filled in by the agency"),
        "parts": [_part(one) for one in form.parts(document)],
    }


def _part(one: Part) -> dict[str, Any]:
    items = [
        {
            "label": words(item.label),
            "value": words(item.value or ""),
            "hint": words(item.hint),
            "is_blank": item.value is None,
        }
        for item in one.items
    ]
    return {"title": words(one.title), "items": items}
