"""The letter to a person as a PDF (PDF/UA-1, PDF/A-2a), in the person's language."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agency
from oversight.letters import sections
from oversight.letters.findings import Findings
from oversight.models import SubjectRequest
from oversight.models.request_words import LetterAbout, Reach
from oversight.services.public_page import latest_page
from searches.documents.phrasing import day
from searches.documents.printing import compile_pdf, words

TEMPLATE = Path(__file__).parent.parent / "templates/oversight/typst/letter.typ"


def letter_pdf(
    agency: Agency, request: SubjectRequest, about: LetterAbout, found: Findings, at: datetime
) -> bytes:
    """The same bytes for the same facts and moment."""
    with (
        translation.override(request.language),
        timezone.override(ZoneInfo(agency.time_zone)),
    ):
        data = letter_data(agency, request, about, found, at)
    return compile_pdf(TEMPLATE, data, at)


def letter_data(
    agency: Agency, request: SubjectRequest, about: LetterAbout, found: Findings, at: datetime
) -> dict[str, Any]:
    """What the template prints, in the active language."""
    today = timezone.localtime(at)
    page = latest_page()
    sender = [agency.name, page.text("postal_address", request.language) if page else ""]
    address = request.address if request.reach == Reach.POST else ""
    # Translators: the heading of a letter.
    title = _("Your request %(number)s") % {"number": request.number}
    return {
        "language": request.language,
        "date": {"year": today.year, "month": today.month, "day": today.day},
        "day": day(today.date()),
        "title": title,
        "agency": words(agency.name),
        "sender": words("\n".join(part for part in sender if part)),
        "recipient": words("\n".join(part for part in (request.name, address) if part)),
        "page": _("Page"),
        "sections": [
            *sections.answer(request, about),
            *sections.found(request, about, found),
            *sections.rights(page, request.language),
        ],
    }
