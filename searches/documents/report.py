"""The investigative-lead report of a concluded search as a PDF.

Made on demand from rows that do not change any more; tagged (PDF/UA-1) and to be kept (PDF/A-2a).
The fixed statement comes first and stands on every page.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from searches.documents import report_faces, report_sections
from searches.documents.dossier import Dossier
from searches.documents.phrasing import by
from searches.documents.printing import compile_pdf, words
from searches.statements import CONCLUSION_STATEMENT

TEMPLATE = Path(__file__).parent.parent / "templates/searches/typst/report.typ"
LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Making:
    """Who has a document made, and when."""

    label: str
    at: datetime


def report_pdf(dossier: Dossier, language: str, making: Making) -> bytes:
    """The report in one of LANGUAGES, its times in the agency's time zone."""
    zone = ZoneInfo(dossier.agency.time_zone)
    with translation.override(language), timezone.override(zone):
        data = _data(dossier, language, making)
    return compile_pdf(TEMPLATE, data, making.at)


def _data(dossier: Dossier, language: str, making: Making) -> dict[str, Any]:
    at = timezone.localtime(making.at)
    number = words(dossier.search.case.number)
    return {
        "language": language,
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "title": _("Investigative-lead report, case %(number)s") % {"number": number},
        "heading": _("Investigative-lead report"),
        "agency": words(dossier.agency.name),
        "running": _running(dossier, number),
        "search": str(dossier.search.pk),
        "page": _("Page"),
        "statement": str(CONCLUSION_STATEMENT),
        "outcome": report_sections.outcome(dossier),
        "case": report_sections.subject_matter(dossier),
        "grounds": report_sections.grounds(dossier),
        "probe": report_sections.probe(dossier),
        "engine": report_sections.engine(dossier),
        "candidates": report_faces.candidates(dossier),
        "agreement": report_faces.agreement(dossier),
        "examinations": report_faces.examinations(dossier),
        "follow_ups": report_sections.follow_ups(dossier),
        "about": _about(dossier, making),
    }


def _running(dossier: Dossier, number: str) -> str:
    """What stands at the head of every page; of practice it says so."""
    case = _("Case %(number)s") % {"number": number}
    if not dossier.agency.is_sandbox:
        return case
    return _("Training: all people here are made up.") + " " + case


def _about(dossier: Dossier, making: Making) -> dict[str, Any]:
    made = by(making.at, words(making.label))
    texts = [
        _("Made %(made)s with Candor %(version)s. Times are in %(zone)s.")
        % {"made": made, "version": settings.VERSION, "zone": dossier.agency.time_zone},
        _(
            "Version %(n)s of the statement stands on every page. Characters that this document"
            " cannot print are named by their number, as in [U+1F600]."
        )
        % {"n": dossier.conclusion.statement_version},
        _(
            "The disclosure bundle of this search holds the files themselves, the sealed token and"
            " the record, signed, with a script that verifies them."
        ),
    ]
    return {"title": _("About this document"), "texts": texts}
