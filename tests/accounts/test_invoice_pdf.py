"""The PDF of invoices: what it says, in both languages, on two pages, with the same bytes."""

from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from pypdf import PdfReader
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.invoice_pdf import invoice_pdf
from accounts.models import Agency, Invoice
from accounts.services.billing.crediting import void_invoice
from accounts.services.billing.dunning import remind_invoice
from accounts.services.billing.issuing import issue_invoice
from portal.tenancy import platform_scope
from tests.accounts.billing_cast import (
    billing_actor,
    draft,
    issued,
    make_account,
    reference_license,
)

pytestmark = pytest.mark.django_db
SELLER = {
    "name": "Candor Operations",
    "address": "7 Quay Street\nHarbour Town",
    "tax_id": "GB 123",
    "bank": "IBAN GB33 BUKB 2020 1555 5555 55",
}


@pytest.fixture(autouse=True)
def _seller(settings: object) -> None:
    settings.SELLER = SELLER  # type: ignore[attr-defined]


def pdf_of(invoice: Invoice) -> bytes:
    with platform_scope():
        return invoice_pdf(Invoice.objects.select_related("license", "credits").get(pk=invoice.pk))


def root_of(data: bytes) -> Any:
    return PdfReader(BytesIO(data)).trailer["/Root"]


def text_of(data: bytes) -> str:
    pages = PdfReader(BytesIO(data)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_the_invoice_says_who_owes_whom_what(alder: Agency) -> None:
    make_account(alder, buyer_reference="DEPT-9", tax_id="US 99")
    invoice = issued(reference_license(alder, contract_number="C-77").license, date(2020, 8, 12))
    text = text_of(pdf_of(invoice))
    for words in (
        f"Invoice {invoice.number}",
        "Candor Operations",
        "7 Quay Street",
        "Alder Police, Treasury",
        "1 Harbour Road",
        "Tax number: US 99",
        "Your reference: DEPT-9",
        "Purchase order: PO-20-0812",
        "Contract: C-77",
        "Sept. 5, 2020 to Sept. 4, 2021",
        "224,000.00",
        "VAT 20 (20% of 224,000.00) 44,800.00",
        "Total to pay 268,800.00",
        "IBAN GB33 BUKB 2020 1555 5555 55",
    ):
        assert words in text, (words, text)


def test_it_is_in_the_language_of_the_agency(alder: Agency) -> None:
    make_account(alder, language="fr")
    invoice = issued(reference_license(alder).license, date(2020, 8, 12))
    data = pdf_of(invoice)
    text = text_of(data)
    assert f"Facture {invoice.number}" in text
    assert "5 septembre 2020 au 4 septembre 2021" in text
    assert "268 800,00" in text.replace("\u202f", " ").replace("\xa0", " ")
    assert root_of(data)["/Lang"] == "fr"


def test_it_is_tagged_and_made_to_be_kept(alder: Agency) -> None:
    make_account(alder)
    data = pdf_of(issued(reference_license(alder).license))
    root = root_of(data)
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "pdfuaid:part" in metadata
    assert "pdfaid:part" in metadata


def test_the_same_row_gives_the_same_bytes(alder: Agency) -> None:
    make_account(alder)
    invoice = issued(reference_license(alder).license)
    first = pdf_of(invoice)
    make_account(alder, legal_name="Somebody else", language="fr")
    assert pdf_of(invoice) == first


def test_many_lines_and_long_names_take_more_pages(alder: Agency) -> None:
    long = "Police Judiciaire Interdepartementale de la Region Metropolitaine " * 3
    make_account(alder, schedule="monthly", legal_name=long.strip(), address="x" * 90 + "\nTown")
    terms = {"ends_on": date(2024, 9, 4), "amount": D("2300000.00")}
    invoice = issued(reference_license(alder, **terms).license, date(2024, 9, 4))
    reader = PdfReader(BytesIO(pdf_of(invoice)))
    assert len(reader.pages) >= 2
    last = " ".join(reader.pages[-1].extract_text().split())
    assert f"{invoice.number} · Page {len(reader.pages)} / {len(reader.pages)}" in last
    # The head of the table comes again on each page.
    assert all("Unit price" in page.extract_text() for page in reader.pages[:2])
    assert "2,760,000.00" in text_of(pdf_of(invoice))


def test_yen_have_no_cents(alder: Agency) -> None:
    make_account(alder, "10")
    invoice = issued(reference_license(alder, currency="JPY", amount=D(1005)).license)
    assert invoice.tax == D(101)
    text = text_of(pdf_of(invoice))
    assert "Total to pay 1,106" in text
    assert "1,106.0" not in text


def test_a_credit_note_names_its_invoice_and_asks_for_no_money(alder: Agency) -> None:
    make_account(alder)
    invoice = issued(reference_license(alder).license)
    note = void_invoice(actor=billing_actor(), invoice=invoice, reason="Ordered by mistake")
    text = text_of(pdf_of(note))
    assert f"Credit note {note.number}" in text
    assert f"Credits invoice: {invoice.number}" in text
    assert "Ordered by mistake" in text
    assert "Total credited 268,800.00" in text
    assert "IBAN" not in text


def test_a_draft_has_none(alder: Agency) -> None:
    make_account(alder)
    with pytest.raises(ValueError, match="draft"):
        pdf_of(draft(reference_license(alder).license))


# --- By e-mail ----------------------------------------------------------------------------------


def test_an_issued_invoice_is_mailed_with_its_pdf(
    alder: Agency, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_account(alder)
    row = draft(reference_license(alder).license)
    with django_capture_on_commit_callbacks(execute=True):
        invoice = issue_invoice(actor=billing_actor(), invoice=row)
    (message,) = mail.outbox
    assert message.to == ["treasury@alder.example"]
    assert message.subject == f"Invoice {invoice.number}"
    assert "268,800.00 USD" in message.body
    name, data, kind = message.attachments[0]
    assert (name, kind) == (f"{invoice.number}.pdf", "application/pdf")
    assert data == pdf_of(invoice)


def test_reminders_are_mailed_and_a_dead_mail_server_stops_nothing(
    alder: Agency,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_account(alder, payment_terms_days=0)
    monkeypatch.setattr(
        "accounts.services.billing.issuing.today_in", lambda agency: date(2021, 1, 1)
    )
    invoice = issued(reference_license(alder).license)
    with django_capture_on_commit_callbacks(execute=True):
        remind_invoice(actor=billing_actor(), invoice=invoice)
    assert mail.outbox[-1].subject == f"Reminder 1 of invoice {invoice.number}"
    assert "268,800.00 USD are still open" in mail.outbox[-1].body

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert remind_invoice(actor=billing_actor(), invoice=invoice).level == 2
    assert "mail_not_sent" in caplog.text
