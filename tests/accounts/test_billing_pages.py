"""The pages of billing: the platform's work from draft to payment, and what the agency sees."""

import csv
from datetime import timedelta
from decimal import Decimal as D
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Invoice, InvoiceLine, Payment, Role, User
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import (
    balance_of,
    draft,
    full_billing,
    issued,
    make_account,
    reference_license,
)
from tests.conftest import PASSWORD, join
from tests.factories import make_license

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside(client: Client) -> Client:
    """Sue, a superuser of the platform, with an open staff session."""
    sue = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    client.force_login(sue)
    values = {"reason": "Billing of the month", "password": PASSWORD}
    assert client.post(reverse("admin:door"), values).status_code == 302
    return client


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:{name}", args=arguments)


def only_invoice() -> Invoice:
    with platform_scope():
        return Invoice.objects.with_balance().get()


def test_who_opens_an_invoice_leaves_a_trace(inside: Client, alder: Agency) -> None:
    make_account(alder)
    invoice = issued(reference_license(alder).license)
    for _ in range(2):
        assert inside.get(page("accounts_invoice_change", invoice.pk)).status_code == 200
    for agency_id in (None, alder.pk):
        with platform_scope() if agency_id is None else scope(agency_id):
            seen = AuditEntry.objects.filter(agency_id=agency_id, action="invoice.viewed")
            assert [entry.data for entry in seen] == 2 * [{"number": invoice.number}]
            assert {entry.subject_id for entry in seen} == {str(invoice.pk)}


# --- The platform's work ------------------------------------------------------------------------


def test_from_the_order_to_the_payment(inside: Client, alder: Agency) -> None:
    license = reference_license(alder).license
    rate = inside.post(page("accounts_taxrate_add"), {"name": "VAT", "percent": "20"})
    assert rate.status_code == 302
    account = {
        "agency": alder.pk,
        "legal_name": "Alder Treasury",
        "address": "1 Harbour Road",
        "contact_email": "treasury@alder.example",
        "language": "en",
        "tax_rate": make_account(alder).tax_rate_id,
        "payment_terms_days": 30,
        "schedule": "term",
    }
    again = inside.post(page("accounts_billingaccount_add"), account)
    assert again.status_code == 302 or "already exists" in again.text
    assert inside.post(page("accounts_invoice_draft"), {"license": license.pk}).status_code == 302
    invoice = only_invoice()
    assert inside.post(page("accounts_invoice_issue", invoice.pk)).status_code == 302
    payment = {
        "received_on": timezone.localdate().isoformat(),
        "amount": "268800.00",
        "bank_reference": "BANK-9",
    }
    assert inside.post(page("accounts_invoice_pay", invoice.pk), payment).status_code == 302
    assert only_invoice().state_now == "paid"
    shown = inside.get(page("accounts_invoice_change", invoice.pk)).text
    for words in ("268,800.00", "BANK-9", license.number, "invoice.issued", "Paid"):
        assert words in shown, words


def test_drafts_of_every_license_are_made_at_once(
    inside: Client, alder: Agency, birch: Agency
) -> None:
    for agency in (alder, birch):
        make_account(agency)
        reference_license(agency)
    answer = inside.post(page("accounts_invoice_draft"), {"license": ""}, follow=True)
    with platform_scope():
        # The license of the cast and the reference for each agency.
        assert Invoice.objects.count() == 4
    assert "4 drafts were made." in answer.text


def test_bulk_issue_asks_before_it_issues(inside: Client, alder: Agency) -> None:
    make_account(alder)
    rows = [draft(reference_license(alder).license), draft(make_license(alder).license)]
    chosen = {"action": "issue_selected", "_selected_action": [row.pk for row in rows]}
    asked = inside.post(page("accounts_invoice_changelist"), chosen)
    assert asked.status_code == 200
    assert "2 drafts get their numbers" in asked.text
    with platform_scope():
        assert not Invoice.objects.filter(issued_at__isnull=False).exists()
    done = inside.post(page("accounts_invoice_changelist"), chosen | {"sure": "yes"}, follow=True)
    assert "2 were issued" in done.text
    with platform_scope():
        assert Invoice.objects.filter(issued_at__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("act", "values", "code"),
    [
        (
            "pay",
            {"amount": "999999", "received_on": "2026-01-01", "bank_reference": "x"},
            "balance",
        ),
        ("pay", {"amount": "", "received_on": "x", "bank_reference": ""}, "required"),
        ("void", {"reason": "short"}, "reason_too_short"),
        ("remind", {}, "invoice_not_overdue"),
        ("issue", {}, "invoice_not_draft"),
        ("discard", {}, "invoice_not_draft"),
    ],
)
def test_refusals_are_said_on_the_page(
    inside: Client, alder: Agency, act: str, values: dict[str, str], code: str
) -> None:
    make_account(alder)
    invoice = issued(reference_license(alder).license)
    with platform_scope():
        before = AuditEntry.objects.count()
    answer = inside.post(page(f"accounts_invoice_{act}", invoice.pk), values)
    assert answer.status_code == 422
    assert code in answer.text
    with platform_scope():
        assert AuditEntry.objects.count() == before
        assert not Payment.objects.exists()
    assert balance_of(invoice).balance == D(268800)


def test_a_line_is_credited_on_its_page(inside: Client, alder: Agency) -> None:
    make_account(alder)
    invoice = issued(reference_license(alder).license)
    with platform_scope():
        line = InvoiceLine.objects.get(invoice=invoice)
    values = {"line": line.pk, "net": "1000", "reason": "Agreed by telephone"}
    assert inside.post(page("accounts_invoice_credit", invoice.pk), values).status_code == 302
    assert balance_of(invoice).credited == D(1200)


def test_only_what_can_be_done_is_offered(inside: Client, alder: Agency) -> None:
    make_account(alder)
    row = draft(reference_license(alder).license)
    shown = inside.get(page("accounts_invoice_change", row.pk)).text
    assert page("accounts_invoice_issue", row.pk) in shown
    assert page("accounts_invoice_pay", row.pk) not in shown
    bill = full_billing(alder)
    shown = inside.get(page("accounts_invoice_change", bill.pk)).text
    assert page("accounts_invoice_pay", bill.pk) in shown
    assert page("accounts_invoice_issue", bill.pk) not in shown


def test_lists_are_saved_as_csv(inside: Client, alder: Agency) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(name="=HYPERLINK(1)")
    bill = full_billing(alder)
    chosen = {"action": "export_csv", "_selected_action": [bill.pk]}
    answer = inside.post(page("accounts_invoice_changelist"), chosen)
    (row,) = csv.DictReader(StringIO(answer.content.decode()))
    assert row["number"] == bill.number
    assert row["agency"] == "'=HYPERLINK(1)"
    assert (row["total"], row["paid"], row["credited"]) == ("14410.80", "100.00", "60.00")
    assert row["balance"] == "14250.80"
    for name, arguments in (("ageing", []), ("revenue", []), ("statement", [alder.pk])):
        query = {"format": "csv", "first": "2020-01-01", "last": "2099-12-31"}
        saved = inside.get(page(name, *arguments), query)
        assert saved["Content-Type"].startswith("text/csv"), name
        assert len(saved.content.decode().splitlines()) > 1, name
    with platform_scope():
        exports = AuditEntry.objects.filter(action="billing.exported")
        reports = [entry.data["report"] for entry in exports.order_by("id")]
    assert reports == ["invoice", "ageing", "revenue", "statement"]


def test_reports_add_up(inside: Client, alder: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account(alder, payment_terms_days=0)
    for ago in (10, 45, 75, 100):
        monkeypatch.setattr(
            "accounts.services.billing.issuing.today_in",
            lambda agency, d=ago: timezone.localdate() - timedelta(days=d),
        )
        issued(make_license(alder, amount=D(ago)).license)
    (row,) = inside.get(page("ageing")).context["rows"]
    assert [row.not_due, *row.overdue] == [D(0), D(12), D(54), D(90), D(120)]
    assert row.total == D(276)
    days = {"first": "2000-01-01", "last": timezone.localdate().isoformat()}
    (one,) = inside.get(page("statement", alder.pk), days).context["statements"]
    assert (one.opening, one.closing) == (D(0), D(276))
    rows = inside.get(page("revenue")).context["rows"]
    assert sum(row["sum"] for row in rows) == D(230)
    later = {"first": days["last"], "last": days["last"]}
    (one,) = inside.get(page("statement", alder.pk), later).context["statements"]
    assert (one.opening, one.entries) == (D(276), [])


def test_a_statement_wants_its_days_in_order(inside: Client, alder: Agency) -> None:
    days = {"first": "2026-02-01", "last": "2026-01-01"}
    assert inside.get(page("statement", alder.pk), days).status_code == 422


def test_the_first_page_says_what_needs_doing(inside: Client, alder: Agency) -> None:
    full_billing(alder)
    draft(make_license(alder, ends_on=timezone.localdate() + timedelta(days=9)).license)
    context = inside.get(page("index")).context
    assert context["draft_count"] == 1
    assert context["overdue_count"] == 0
    # Beside it the trial with which every agency begins.
    assert len(context["expiring"]) == 2
    (graph,) = context["graphs"]
    assert (graph.currency, len(graph.bars), graph.total) == ("EUR", 12, D("11959.00"))


def test_lists_cost_the_same_for_more_rows(inside: Client, alder: Agency) -> None:
    make_account(alder)

    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert inside.get(page(name)).status_code == 200
        return len(found)

    names = ("accounts_invoice_changelist", "ageing", "index", "accounts_billingaccount_changelist")
    for _ in range(3):
        issued(make_license(alder).license)
    few = [queries(name) for name in names]
    for _ in range(5):
        issued(make_license(alder).license)
    assert [queries(name) for name in names] == few


# --- The agency ---------------------------------------------------------------------------------


def test_the_agency_sees_its_invoices_and_takes_them(client: Client, alder: Agency) -> None:
    client.force_login(join(alder, "ada@alder.example", "Ada", Role.ADMIN))
    assert "Nothing was billed yet." in client.get(reverse("invoices")).text
    bill = full_billing(alder)
    waiting = draft(make_license(alder).license)
    shown = client.get(reverse("invoices")).text
    for words in (bill.number, "14,410.80", "14,250.80", "Partly paid", "CN-", "60.00"):
        assert words in shown, words
    assert shown.count("PDF") == 2
    answer = client.get(reverse("invoice_file", args=[bill.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert client.get(reverse("invoice_file", args=[waiting.pk])).status_code == 404
    with scope(alder.pk):
        assert AuditEntry.objects.filter(action="invoice.downloaded").count() == 1
