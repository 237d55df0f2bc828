"""Letters: what they say, in which language, and that what is withheld does not show."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.access import files_of
from accounts.models import Agency
from oversight.letters.findings import findings_of
from oversight.letters.letter import letter_pdf
from oversight.models import SubjectRequest
from oversight.models.request_words import LetterAbout
from oversight.services.requests.deciding import mark_erased, mark_sent
from oversight.services.requests.handling import add_subjects, begin_work
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.services.disclosing import make_report
from tests.factories import make_gallery, make_image, person_jpeg
from tests.oversight.requests_cast import (
    decided,
    full_requests,
    in_work,
    make_public_page,
    make_request,
    make_taken,
    two_handlers,
)
from tests.searches.documents_cast import text_of
from tests.searches.procedure import conclude, filled_gallery, make_office, searched

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

AT = datetime(2026, 11, 28, 10, 30, tzinfo=UTC)
HOSTILE = '#panic("x") *b* $x^2$ @ref <label> // c `code` #image("/etc/passwd") \U0001f600'


def pdf_of(
    agency: Agency, request: SubjectRequest, outcome: str = "granted", withheld: str = ""
) -> bytes:
    """The letter as if it were decided so."""
    request.outcome, request.withheld = outcome, withheld
    return letter_pdf(agency, request, LetterAbout.DECISION, findings_of(request), AT)


def stored(request: SubjectRequest, about: str = "decision") -> str:
    letter = request.letters.get(about=about)
    return text_of(files_of(letter.agency_id).get(letter.file_key))


def test_it_says_what_is_held_and_how_often_somebody_was_a_candidate(alder: Agency) -> None:
    make_public_page(alder)
    office, gallery = make_office(alder), filled_gallery(alder, 3)
    search = conclude(office, searched(office, person_jpeg(1), gallery))
    make_report(actor=office.actor("auditor"), search=search, language="en")
    request = in_work(make_request(alder), office.actor("supervisor"), "S-001")
    done = decided(request, office.actor("deputy"), told="We hope that this helps.")
    text = stored(done)
    for words in (
        done.number,
        "Jo Zhvanetsky",
        "Gallery Register",
        "S-001",
        "Custody register",
        "Police Act s. 1",
        "Picture collected on 2 Jan 2026",
        "in which you were a candidate: 1.",
        "Missing person: 1",
        "Reports made of these searches: 1.",
        "Disclosure bundles made of them, for courts and defence: 0.",
        "Data Protection Board",
        "1 Harbour Street",
        "neither confirm nor deny",
        "not by a face",
        "We hope that this helps.",
    ):
        assert words in text, words
    for words in ("S-000", "2026-001", "Robbery", "harbour that", "As the data protection officer"):
        assert words not in text, words


def test_somebody_of_whom_nothing_is_held_is_told_so(alder: Agency) -> None:
    one, two = two_handlers(alder)
    text = stored(decided(in_work(make_request(alder), one), two))
    assert "There is no picture of you in our galleries of which we can tell you." in text
    assert "in which you were a candidate: 0." in text


def test_what_is_withheld_leaves_no_trace_in_the_letter(alder: Agency) -> None:
    office, gallery = make_office(alder), filled_gallery(alder, 3)
    request = in_work(make_request(alder), office.actor("supervisor"))
    nothing = pdf_of(alder, request)
    add_subjects(actor=office.actor("supervisor"), request=request, reference="S-001")
    unsearched = pdf_of(alder, request)
    search = conclude(office, searched(office, person_jpeg(1), gallery))
    make_report(actor=office.actor("auditor"), search=search, language="en")
    everything = pdf_of(alder, request)
    assert len({nothing, unsearched, everything}) == 3
    assert pdf_of(alder, request, "partly", "everything") == nothing
    assert pdf_of(alder, request, "partly", "searches") == unsearched
    assert pdf_of(alder, request, "granted", "searches") == unsearched
    assert pdf_of(alder, request, "partly", "open_cases") == unsearched
    assert pdf_of(alder, request, "partly", "") == everything


def test_the_person_is_not_told_by_the_page_either(alder: Agency, client: Client) -> None:
    """The page of a request says that it is decided, and not how."""
    one, two = two_handlers(alder)
    pages = []
    for withheld, ground in (("", ""), ("everything", "inquiries")):
        taken = make_taken(alder)
        request = in_work(taken.request, one)
        outcome = "partly" if withheld else "granted"
        decided(request, two, outcome=outcome, withheld=withheld, withheld_ground=ground)
        mark_sent(actor=two, request=request, how="post")
        letter = request.letters.get()
        page = client.get(reverse("public_request", args=["alder", taken.token]))
        html = page.content.decode().split("<main")[1].split("</main>")[0]
        for own in (taken.token, request.number, str(letter.pk)):
            html = html.replace(own, "x")
        html = re.sub(r'datetime="[^"]*"', "", html)  # the two are made seconds apart
        pages.append("\n".join(line for line in html.split("\n") if "csrf" not in line))
    assert pages[0] == pages[1]


def test_a_refusal_says_why_and_nothing_of_what_is_held(alder: Agency) -> None:
    make_image(make_gallery(alder), "P-7")
    one, two = two_handlers(alder)
    request = in_work(make_request(alder), one, "P-7")
    text = stored(decided(request, two, outcome="refused", ground="excessive"))
    assert "We do not grant your request." in text
    assert "it repeats earlier ones" in text
    assert "P-7" not in text
    assert "Gallery" not in text


def test_an_erasure_is_not_said_to_be_done_before_it_is(alder: Agency) -> None:
    one, two = two_handlers(alder)
    request = decided(in_work(make_request(alder, kind="erasure"), one), two)
    first = stored(request)
    assert "is to be erased by 1 Jan 2199" in first
    assert "This letter does not say that it has been done" in first
    mark_erased(actor=one, request=request)
    assert "was erased by" in stored(request, "erased")


def test_a_correction_says_what_the_handler_wrote(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = begin_work(actor=one, request=make_request(alder, kind="correction"))
    text = stored(decided(request, one, told="Your date of birth was corrected."))
    assert "We grant your request for correction." in text
    assert "Your date of birth was corrected." in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_tagged_and_in_the_language_of_the_person(alder: Agency, language: str) -> None:
    make_public_page(alder)
    one, two = two_handlers(alder)
    request = decided(in_work(make_request(alder, language=language), one), two)
    letter = request.letters.get()
    catalog: Any = PdfReader(BytesIO(files_of(alder.pk).get(letter.file_key))).root_object
    assert catalog["/Lang"] == language
    assert catalog["/MarkInfo"]["/Marked"]
    contact = {"en": "Write to us.", "fr": "Écrivez-nous."}[language]
    assert contact in stored(request)


def test_whatever_was_written_is_printed_as_it_is(alder: Agency) -> None:
    one, two = two_handlers(alder)
    request = make_request(alder, name=HOSTILE, reach="post", address=f"1 Road\n{HOSTILE}")
    text = stored(decided(in_work(request, one), two, told=HOSTILE)).replace(" ", "")
    assert text.count('#panic("x")*b*$x^2$') == 3
    assert "[U+1F600]" in text


def test_the_same_facts_make_the_same_bytes(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = in_work(make_request(alder), one)
    assert pdf_of(alder, request) == pdf_of(alder, request)


def test_a_letter_is_handed_out_by_its_own_link_once_it_is_sent(
    alder: Agency, birch: Agency, client: Client
) -> None:
    one, two = two_handlers(alder)
    taken, other = make_taken(alder), make_taken(alder)
    request = decided(in_work(taken.request, one), two)
    letter = request.letters.get()
    address = reverse("public_request_letter", args=["alder", taken.token, letter.pk])
    assert client.get(address).status_code == 404
    mark_sent(actor=two, request=request, how="link")
    before = AuditEntry.objects.count()
    for slug, token in (("alder", other.token), ("birch", taken.token), ("alder", "0" * 64)):
        wrong = reverse("public_request_letter", args=[slug, token, letter.pk])
        assert client.get(wrong).status_code == 404
    assert AuditEntry.objects.count() == before
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    entry = AuditEntry.objects.get(action=Action.REQUEST_LETTER_DOWNLOADED)
    assert entry.data == {"by": "person", "sha256": letter.sha256}


def test_the_file_lies_sealed(alder: Agency, settings: object) -> None:
    full = make_gallery(alder)
    make_image(full, "P-1")
    full_requests(alder)
    files = [path for path in settings.FILES_DIR.rglob("*") if path.is_file()]  # type: ignore[attr-defined]
    assert files
    assert not any(b"%PDF" in path.read_bytes() for path in files)
