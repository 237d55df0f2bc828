"""The report: what it says on which page, in both languages, whatever the texts are."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from accounts.models import Agency, User
from portal.audit.models import AuditEntry
from searches.documents.dossier import dossier_of
from searches.documents.printing import PRINTABLE, compile_pdf, printable
from searches.documents.report import Making, report_pdf
from searches.faults import Fault
from searches.models import Basis, Case, FaceImage, Search, Subject
from searches.services.authorizing import refuse_search
from searches.services.disclosing import make_bundle, make_report
from searches.statements import CONCLUSION_STATEMENT
from tests.factories import (
    make_case,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.documents_cast import documented, text_of
from tests.searches.procedure import (
    Office,
    conclude,
    examine,
    filled_gallery,
    searched,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

MAKING = Making("auditor@alder.example", datetime(2026, 11, 28, 10, 30, tzinfo=UTC))
HOSTILE = '#panic("x") *b* _i_ $x^2$ @ref <label> // c /* d */ `code` \\u{41} #image("/etc/passwd")'


def pdf_of(search: Search, language: str = "en") -> bytes:
    return report_pdf(dossier_of(search), language, MAKING)


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def code_of(act: Any, **arguments: object) -> str:
    with pytest.raises(Fault) as fault:
        act(**arguments)
    return fault.value.code


def test_it_says_everything_about_the_search(alder: Agency) -> None:
    _office, search = documented(alder)
    text = text_of(pdf_of(search))
    best = search.candidates.select_related("subject").get(rank=1)
    for words in (
        "Outcome: Lead",
        "2 candidates may be the same person",
        "2026-001",
        "Robbery at the harbour",
        "Missing person",
        "Authorized, with reference and document",
        "Seen at the harbour on the evening of the robbery",
        "Court of Harbour, 12/2026",
        search.document_sha256,
        "by supervisor@alder.example",
        "The warrant names the camera",
        "Entrance, 12 Harbour Street",
        "Surveillance camera",
        search.probe.sha256,
        "brightness +5, contrast 0",
        search.probe.current_edit.result_sha256,
        "Edited: yes, as listed below",
        "Gallery Register",
        "Templates compared: 8",
        search.contract_id,
        search.scale,
        "raw cosine",
        "Error rates: not measured",
        best.subject.reference,
        f"{best.similarity:.4f}",
        "Police Act s. 1",
        "4 of 5 candidates",
        "Disputed: yes, decided by an adjudicator",
        "Examiner: first@alder.example",
        "Examiner: second@alder.example",
        "2 that the search did not bring, unknown to the examiner; 0 of them were retained",
        "Similar: Eyes and eyelids; Nose; Mouth and lips",
        "Dissimilar: Nose",
        "Confirmed by other evidence",
        "A witness knows the person",
        "Made 28 Nov 2026, 10:30 by auditor@alder.example",
    ):
        assert words in text, (words, text)
    assert text.count("May be the same person") == 2 * 4  # in the list and in the examinations


def test_the_statement_comes_first_and_stands_on_every_page(alder: Agency) -> None:
    _office, search = documented(alder)
    pages = pages_of(pdf_of(search))
    assert len(pages) > 2
    assert all(str(CONCLUSION_STATEMENT) in page for page in pages)
    assert pages[0].count(str(CONCLUSION_STATEMENT)) == 2
    assert pages[0].index(str(CONCLUSION_STATEMENT)) < pages[0].index("Outcome")


def test_it_is_in_french_too(alder: Agency) -> None:
    _office, search = documented(alder)
    pdf = pdf_of(search, "fr")
    root: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert root["/Lang"] == "fr"
    with translation.override("fr"):
        statement, place = str(CONCLUSION_STATEMENT), "Personne disparue"
    text = text_of(pdf).replace("\xa0", " ").replace("\u202f", " ")
    assert statement.replace("\xa0", " ").replace("\u202f", " ") in text
    assert place in text
    assert "28 nov. 2026" in text


def test_it_is_tagged_and_made_to_be_kept(alder: Agency) -> None:
    _office, search = documented(alder)
    root: Any = PdfReader(BytesIO(pdf_of(search))).trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert "pdfuaid:part" in metadata
    assert "pdfaid:part" in metadata


def test_the_same_rows_give_the_same_bytes(alder: Agency) -> None:
    _office, search = documented(alder)
    assert pdf_of(search) == pdf_of(search)


def test_the_pictures_are_in_it(alder: Agency) -> None:
    """The face and the whole picture; the portraits of made-up images are no pictures."""
    _office, search = documented(alder)
    reader = PdfReader(BytesIO(pdf_of(search)))
    sizes = {image.image.size for page in reader.pages for image in page.images if image.image}
    assert sizes == {(320, 320), (search.probe.width, search.probe.height)}


def entitle(search: Search, title: str) -> None:
    case = Case.objects.get(pk=search.case_id)
    case.title = title
    case.save()


# --- Texts and lists of any kind ----------------------------------------------------------------


def test_hostile_texts_come_out_as_they_were_written(office: Office) -> None:
    gallery = filled_gallery(office.agency, 1, HOSTILE)
    subject = Subject.objects.get()
    subject.reference = HOSTILE
    subject.save()
    search = searched(office, person_jpeg(1), gallery, reason=HOSTILE, facts=f"{HOSTILE}\nsecond")
    entitle(search, HOSTILE)
    search.refresh_from_db()
    conclude(office, search)
    text = re.sub(r"[\s\u200b]", "", text_of(pdf_of(search)))
    # Title, reason, facts, gallery; the candidate and its gallery.
    assert text.count(HOSTILE.replace(" ", "")) == 6
    assert HOSTILE.replace(" ", "") + "second" in text


def test_what_no_font_has_is_named_and_hides_nothing(office: Office) -> None:
    reason = "Emoji \U0001f600, Han \u6f22, reversed \u202eabc, bell \x07, e\u0301, \u0416"
    search = searched(office, person_jpeg(1), make_gallery(office.agency, "Empty"), reason=reason)
    conclude(office, search)
    shown = "Emoji [U+1F600], Han [U+6F22], reversed [U+202E]abc, bell [U+0007], \xe9, \u0416"
    assert shown in text_of(pdf_of(search))


def test_everything_that_counts_as_printable_is(tmp_path: Path) -> None:
    characters = "".join(chr(c) for first, last in PRINTABLE for c in range(first, last + 1))
    assert printable(characters) == unicodedata.normalize("NFC", characters)
    template = tmp_path / "all.typ"
    template.write_text('#set document(title: "x")\n#json(bytes(sys.inputs.data)).text')
    assert compile_pdf(template, {"text": " ".join(characters)}, MAKING.at).startswith(b"%PDF")


def test_fifty_candidates_with_long_names_take_more_pages(office: Office) -> None:
    gallery = filled_gallery(office.agency, 50)
    for number, subject in enumerate(Subject.objects.all()):
        subject.reference = f"{number:03d}" + "W" * 117
        subject.save()
    search = searched(office, person_jpeg(1), gallery, limit=50, reason="Reason " * 500)
    entitle(search, "Wide" * 50)
    search.refresh_from_db()
    conclude(office, search, {1, 50})
    pages = pages_of(pdf_of(search))
    text = " ".join(pages).replace("\u200b", "").replace(" ", "")
    assert all(f"{number:03d}" + "W" * 117 in text for number in range(50))
    assert "Wide" * 50 in text
    heads = [page for page in pages if "Similarity Decisions" in page]
    assert len(heads) >= 6
    assert all(str(CONCLUSION_STATEMENT) in page for page in pages)
    assert f"Page {len(pages)} / {len(pages)}" in pages[-1]


def test_an_empty_list_is_a_normal_outcome(office: Office) -> None:
    search = searched(office, person_jpeg(1), make_gallery(office.agency, "Empty"))
    conclude(office, search)
    text = text_of(pdf_of(search))
    assert "Outcome: No lead The search brought no candidate." in text
    assert "That is a normal outcome" in text
    assert "Edited: no" in text
    assert "Authorization: not needed for this basis" in text
    assert "Nothing was reported yet." in text


def test_a_picture_that_is_gone_is_named_and_hinders_nothing(office: Office) -> None:
    search = searched(office, person_jpeg(1), filled_gallery(office.agency, 2))
    conclude(office, search)
    dossier = dossier_of(search)
    dossier.files.delete(search.probe.display_key)
    for key in FaceImage.objects.values_list("portrait_key", flat=True):
        dossier.files.delete(key)
    assert text_of(pdf_of(search)).count("The picture cannot be read.") == 3


# --- Who gets it, and when ----------------------------------------------------------------------


def test_there_is_none_before_the_conclusion(office: Office) -> None:
    search = searched(office, person_jpeg(1), filled_gallery(office.agency, 3))
    examine(office.actor("first"), search)
    arguments = {"actor": office.actor("auditor"), "search": search}
    assert code_of(make_report, **arguments, language="en") == "not_concluded"
    assert code_of(make_bundle, **arguments) == "not_concluded"


def test_there_is_none_of_what_was_erased(office: Office) -> None:
    gallery, probe = (
        filled_gallery(office.agency, 3),
        make_probe(make_case(office.agency), person_jpeg(1)),
    )
    search = make_search(probe, [gallery], actor=office.actor("analyst"), basis=Basis.URGENT)
    conclude(office, search)
    arguments = {"actor": office.actor("auditor"), "search": search}
    assert "outstanding, due by" in text_of(make_report(**arguments, language="en"))  # type: ignore[arg-type]
    refuse_search(actor=office.actor("supervisor"), search=search, reason="There was no urgency")
    search.refresh_from_db()
    assert code_of(make_report, **arguments, language="en") == "content_erased"
    assert code_of(make_bundle, **arguments) == "content_erased"


def test_there_is_none_of_locked_results(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery, probe = (
        filled_gallery(office.agency, 3),
        make_probe(make_case(office.agency), person_jpeg(1)),
    )
    search = make_search(probe, [gallery], actor=office.actor("analyst"), basis=Basis.URGENT)
    conclude(office, search)
    later = timezone.now() + timedelta(hours=49)
    monkeypatch.setattr("searches.services.stages.timezone.now", lambda: later)
    arguments = {"actor": office.actor("auditor"), "search": search}
    assert code_of(make_report, **arguments, language="en") == "results_locked"
    assert code_of(make_bundle, **arguments) == "results_locked"


def test_who_may_not_gets_none_and_leaves_no_trace(office: Office) -> None:
    search = searched(office, person_jpeg(1), filled_gallery(office.agency, 3))
    conclude(office, search)
    before = AuditEntry.objects.filter(agency_id=office.agency.pk).count()
    with pytest.raises(PermissionDenied):
        make_report(actor=office.actor("first"), search=search, language="en")
    with pytest.raises(PermissionDenied):
        make_bundle(actor=office.actor("analyst"), search=search)
    assert AuditEntry.objects.filter(agency_id=office.agency.pk).count() == before


def test_the_page_hands_it_out_and_records_what(office: Office, client: Client) -> None:
    search = searched(office, person_jpeg(1), filled_gallery(office.agency, 3))
    address = reverse("search_report", args=[search.pk])
    client.force_login(office.people["analyst"])
    refused = client.get(address)
    assert (refused.status_code, b"not_concluded" in refused.content) == (409, True)
    conclude(office, search)
    response = client.get(address, {"lang": "fr"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == f'attachment; filename="report-{search.pk}-fr.pdf"'
    entry = AuditEntry.objects.get(agency_id=office.agency.pk, action="report.downloaded")
    assert (entry.subject_id, entry.actor_label) == (str(search.pk), "analyst@alder.example")
    digest = sha256(response.content).hexdigest()
    assert entry.data == {"case": str(search.case_id), "language": "fr", "sha256": digest}


def test_another_language_is_the_readers(office: Office, client: Client) -> None:
    search = searched(office, person_jpeg(1), make_gallery(office.agency, "Empty"))
    conclude(office, search)
    client.force_login(office.people["auditor"])
    response = client.get(reverse("search_report", args=[search.pk]), {"lang": "../de"})
    assert response["Content-Disposition"].endswith('-en.pdf"')


def test_a_case_of_others_is_not_reported(office: Office, client: Client) -> None:
    case = make_case(office.agency, members=[])
    search = make_search(make_probe(case, person_jpeg(1)), [make_gallery(office.agency, "Empty")])
    conclude(office, search)
    client.force_login(office.people["analyst"])
    assert client.get(reverse("search_report", args=[search.pk])).status_code == 403
    client.force_login(office.people["supervisor"])
    assert client.get(reverse("search_report", args=[search.pk])).status_code == 200


REACHED = {
    "analyst": (200, 403, 403),
    "first": (403, 403, 403),
    "supervisor": (200, 200, 200),
    "auditor": (200, 200, 200),
    # Of another agency, with no role that may disclose.
    "bob": (404, 403, 403),
}


@pytest.mark.parametrize("person", list(REACHED))
def test_who_reaches_report_bundle_and_agreement(
    office: Office, client: Client, bob: User, person: str
) -> None:
    search = searched(office, person_jpeg(1), make_gallery(office.agency, "Empty"))
    conclude(office, search)
    client.force_login(office.people.get(person, bob))
    report = client.get(reverse("search_report", args=[search.pk])).status_code
    bundle = client.post(reverse("search_bundle", args=[search.pk])).status_code
    agreement = client.get(reverse("agreement")).status_code
    assert (report, bundle, agreement) == REACHED[person]
