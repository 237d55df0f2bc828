"""Invoices from licenses and use: drafts, numbers, what is frozen, what is owed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import system_actor
from accounts.billing.money import taxes
from accounts.faults import Fault
from accounts.models import (
    Agency,
    BilledUsage,
    Invoice,
    InvoiceLine,
    InvoiceState,
    LicenseVersion,
    Payment,
    UsageEntry,
)
from accounts.services.billing.accounts import save_tax_rate
from accounts.services.billing.crediting import credit_line, void_invoice
from accounts.services.billing.drafting import discard_draft, draft_from_license
from accounts.services.billing.dunning import remind_invoice
from accounts.services.billing.issuing import bulk_issue, issue_invoice
from accounts.services.billing.paying import record_payment, reverse_payment
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.signing import sign_version
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import (
    balance_of,
    billing_actor,
    draft,
    issued,
    license_with_overage,
    make_account,
    make_tax_rate,
    reference_license,
    use_beyond_limit,
)

pytestmark = pytest.mark.django_db
ACTOR = billing_actor()
REASON = "Agreed with the treasury"


@pytest.fixture
def sold(alder: Agency) -> LicenseVersion:
    """Alder bought the reference license and is billed at 20 %."""
    make_account(alder)
    return reference_license(alder)


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    with platform_scope():
        return list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))


def pay(invoice: Invoice, amount: str) -> Payment:
    return record_payment(
        actor=ACTOR,
        invoice=invoice,
        received_on=date(2020, 10, 1),
        amount=D(amount),
        bank_reference="BANK-1",
    )


def amended(version: LicenseVersion, effective: date, **changes: object) -> LicenseVersion:
    new = amend(
        actor=ACTOR,
        license=version.license,
        effective_on=effective,
        change_note="As agreed",
        **changes,
    )
    return sign_version(actor=ACTOR, version=new)


# --- Drafts -------------------------------------------------------------------------------------


def test_the_reference_license_yields_the_right_invoice(sold: LicenseVersion) -> None:
    invoice = issued(sold.license, date(2020, 8, 12))
    (line,) = lines_of(invoice)
    assert (line.kind, line.net, line.license_version_id) == ("subscription", D(224000), sold.pk)
    assert (line.first_day, line.last_day) == (date(2020, 9, 5), date(2021, 9, 4))
    assert (invoice.net, invoice.tax, invoice.total) == (D(224000), D(44800), D(268800))
    assert invoice.currency == "USD"
    assert invoice.frozen is not None
    assert invoice.frozen["buyer"]["name"] == "Alder Police, Treasury"
    assert invoice.frozen["taxes"] == [
        {"name": "VAT 20", "percent": "20.000", "net": "224000.00", "tax": "44800.00"}
    ]


def test_a_license_is_billed_once(sold: LicenseVersion) -> None:
    draft(sold.license, date(2020, 8, 12))
    with pytest.raises(Fault, match="nothing_to_bill"):
        draft(sold.license, date(2021, 9, 4))


def test_a_discarded_draft_is_billed_again(sold: LicenseVersion) -> None:
    first = draft(sold.license, date(2020, 8, 12))
    discard_draft(actor=ACTOR, invoice=first)
    again = draft(sold.license, date(2020, 8, 12))
    assert [line.net for line in lines_of(again)] == [D(224000)]


def test_by_the_month_every_begun_month_is_billed(alder: Agency) -> None:
    make_account(alder, schedule="monthly")
    license = reference_license(alder).license
    first = draft(license, date(2020, 8, 12))
    # 30 of 365 days: 18410.9589; through two months 61 of 365: 37435.6164.
    assert [line.net for line in lines_of(first)] == [D("18410.96")]
    second = draft(license, date(2020, 10, 5))
    assert [line.net for line in lines_of(second)] == [D("19024.66")]
    rest = draft(license, date(2021, 12, 1))
    assert sum(line.net for doc in (first, second, rest) for line in lines_of(doc)) == D(224000)


def test_an_amendment_is_charged_for_the_days_left(sold: LicenseVersion) -> None:
    issued(sold.license, date(2020, 8, 12))
    new = amended(sold, date(2021, 3, 1), amount=D(284000))
    (line,) = lines_of(draft(sold.license, date(2021, 3, 1)))
    assert (line.kind, line.net, line.license_version_id) == ("adjustment", D("30904.11"), new.pk)
    with pytest.raises(Fault, match="nothing_to_bill"):
        draft(sold.license, date(2021, 3, 2))


def test_a_reduction_becomes_a_credit_note(sold: LicenseVersion) -> None:
    invoice = issued(sold.license, date(2020, 8, 12))
    amended(sold, date(2021, 3, 1), amount=D(164000))
    note = issued(sold.license, date(2021, 3, 1))
    assert note.kind == "credit_note"
    assert note.credits_id == invoice.pk
    # 20 % of 30904.11 is 6180.822.
    assert (note.net, note.tax, note.total) == (D("30904.11"), D("6180.82"), D("37084.93"))
    assert balance_of(invoice).balance == D("231715.07")


def test_an_amendment_known_when_billed_is_not_charged_twice(alder: Agency) -> None:
    make_account(alder, schedule="monthly")
    sold = reference_license(alder)
    amended(sold, date(2020, 9, 20), amount=D(284000))
    first = draft(sold.license, date(2020, 9, 30))
    assert [line.kind for line in lines_of(first)] == ["subscription", "subscription"]
    second = draft(sold.license, date(2020, 10, 10))
    assert [line.kind for line in lines_of(second)] == ["subscription"]


def test_without_an_account_nothing_is_drafted(alder: Agency) -> None:
    with pytest.raises(Fault, match="billing_account_missing"):
        draft(reference_license(alder).license)


# --- Use beyond the limit -----------------------------------------------------------------------


@pytest.fixture
def used(alder: Agency) -> LicenseVersion:
    """Three searches beyond the limit in January 2021, two in February."""
    make_account(alder)
    version = license_with_overage(
        alder, amount=D(0), starts_on=date(2020, 9, 5), ends_on=date(2030, 9, 4)
    )
    use_beyond_limit(version, 3, datetime(2021, 1, 31, 12, tzinfo=UTC))
    use_beyond_limit(version, 2, datetime(2021, 2, 1, 12, tzinfo=UTC))
    return version


def test_searches_beyond_the_limit_are_billed_when_the_month_is_over(used: LicenseVersion) -> None:
    (january,) = lines_of(draft(used.license, date(2021, 2, 28)))
    assert (january.kind, january.quantity, january.net) == ("overage", D(3), D("13.50"))
    (february,) = lines_of(draft(used.license, date(2021, 3, 1)))
    assert (february.quantity, february.net) == (D(2), D("9.00"))
    with pytest.raises(Fault, match="nothing_to_bill"):
        draft(used.license, date(2021, 3, 1))


def test_a_line_names_the_entries_it_bills(used: LicenseVersion, alder: Agency) -> None:
    (line,) = lines_of(issued(used.license, date(2021, 2, 28)))
    with scope(alder.pk):
        billed = BilledUsage.objects.filter(line=line).values_list("entry_id", flat=True)
        entries = UsageEntry.objects.filter(period="2021-01", overage=True)
        assert set(billed) == set(entries.values_list("pk", flat=True))
        assert len(billed) == 3


def test_a_late_entry_of_a_billed_month_is_billed_later(used: LicenseVersion) -> None:
    draft(used.license, date(2021, 3, 1))
    use_beyond_limit(used, 1, datetime(2021, 1, 5, tzinfo=UTC))
    (late,) = lines_of(draft(used.license, date(2021, 3, 2)))
    assert (late.quantity, late.first_day) == (D(1), date(2021, 1, 1))


def test_an_entry_is_billed_once(used: LicenseVersion) -> None:
    first = lines_of(draft(used.license, date(2021, 2, 28)))[0]
    second = lines_of(draft(used.license, date(2021, 3, 1)))[0]
    with platform_scope(), transaction.atomic(), pytest.raises(IntegrityError):
        entry = BilledUsage.objects.filter(line=first).values_list("entry_id", flat=True)[0]
        BilledUsage.objects.create(agency_id=used.agency_id, line=second, entry_id=entry)


def test_a_voided_invoice_gives_its_searches_back(used: LicenseVersion) -> None:
    invoice = issued(used.license, date(2021, 3, 1))
    assert invoice.net == D("22.50")
    void_invoice(actor=ACTOR, invoice=invoice, reason=REASON)
    again = issued(used.license, date(2021, 3, 1))
    assert again.net == D("22.50")


# --- Numbers and what is frozen -----------------------------------------------------------------


def test_numbers_follow_each_other_in_a_year(alder: Agency, birch: Agency) -> None:
    numbers = []
    for agency in (alder, birch):
        make_account(agency)
        numbers.append(issued(reference_license(agency).license).sequence)
    first, second = numbers
    assert first is not None
    assert second == first + 1


def test_an_issue_that_fails_uses_no_number(sold: LicenseVersion, birch: Agency) -> None:
    make_account(birch)
    one, two = draft(sold.license), draft(reference_license(birch).license)
    with pytest.raises(RuntimeError), transaction.atomic():
        lost = issue_invoice(actor=ACTOR, invoice=one).number
        raise RuntimeError
    assert issue_invoice(actor=ACTOR, invoice=two).number == lost


def test_bulk_issue_goes_on_after_a_refusal(sold: LicenseVersion, birch: Agency) -> None:
    make_account(birch)
    done = issued(sold.license)
    good = draft(reference_license(birch).license)
    ok, refused = bulk_issue(actor=ACTOR, invoices=[done, good])
    assert [row.pk for row in ok] == [good.pk]
    assert [fault.code for _row, fault in refused] == ["invoice_not_draft"]


def test_a_later_change_of_account_or_rate_alters_nothing_issued(
    sold: LicenseVersion, alder: Agency
) -> None:
    invoice = issued(sold.license)
    with platform_scope():
        kept = Invoice.objects.filter(pk=invoice.pk).values().get()
    make_account(alder, legal_name="Somebody else")
    rate = make_tax_rate()
    rate.percent = D(5)
    save_tax_rate(actor=ACTOR, rate=rate)
    with platform_scope():
        assert Invoice.objects.filter(pk=invoice.pk).values().get() == kept
    assert lines_of(invoice)[0].tax_percent == D(20)


# --- Credit and void ----------------------------------------------------------------------------


def test_a_credited_part_is_owed_no_more(sold: LicenseVersion) -> None:
    invoice = issued(sold.license)
    note = credit_line(actor=ACTOR, line=lines_of(invoice)[0], net=D("100.01"), reason=REASON)
    assert (note.net, note.tax) == (D("100.01"), D("20.00"))
    assert balance_of(invoice).balance == D(268800) - D("120.01")
    assert balance_of(invoice).state_now == InvoiceState.ISSUED


def test_notes_that_credit_everything_credit_all_of_the_tax(alder: Agency) -> None:
    """Five times 0.03 of 0.15 at 20 %: 0.006 each, and 0.03 together."""
    make_account(alder)
    invoice = issued(reference_license(alder, amount=D("0.15")).license)
    assert invoice.tax == D("0.03")
    (line,) = lines_of(invoice)
    notes = [
        credit_line(actor=ACTOR, line=line, net=D("0.03"), reason=REASON).tax for _ in range(5)
    ]
    assert notes == [D("0.01"), D("0.00"), D("0.01"), D("0.00"), D("0.01")]
    assert balance_of(invoice).balance == 0
    assert balance_of(invoice).state_now == InvoiceState.VOID


def test_a_void_invoice_is_billed_anew(sold: LicenseVersion) -> None:
    invoice = issued(sold.license)
    credit_line(actor=ACTOR, line=lines_of(invoice)[0], net=D(1000), reason=REASON)
    note = void_invoice(actor=ACTOR, invoice=invoice, reason=REASON)
    assert note.net == D(223000)
    assert balance_of(invoice).state_now == InvoiceState.VOID
    assert issued(sold.license).net == D(224000)
    with pytest.raises(Fault, match="credit_exceeds_line"):
        void_invoice(actor=ACTOR, invoice=invoice, reason=REASON)


def test_more_than_a_line_is_not_credited(sold: LicenseVersion) -> None:
    line = lines_of(issued(sold.license))[0]
    for net, code in (("224000.01", "credit_exceeds_line"), ("0", "amount_not_payable")):
        with pytest.raises(Fault, match=code):
            credit_line(actor=ACTOR, line=line, net=D(net), reason=REASON)
    with pytest.raises(Fault, match="reason_too_short"):
        credit_line(actor=ACTOR, line=line, net=D(1), reason="so")


# --- Payments -----------------------------------------------------------------------------------


def test_payments_move_the_state(sold: LicenseVersion, alder: Agency) -> None:
    invoice = draft(sold.license)
    assert balance_of(invoice).state_now == InvoiceState.DRAFT
    invoice = issue_invoice(actor=ACTOR, invoice=invoice)
    assert balance_of(invoice).state_now == InvoiceState.ISSUED
    part = pay(invoice, "100000")
    assert balance_of(invoice).state_now == InvoiceState.PARTLY_PAID
    pay(invoice, "168800")
    assert balance_of(invoice).state_now == InvoiceState.PAID
    reverse_payment(actor=ACTOR, payment=part, reason=REASON)
    assert balance_of(invoice).balance == D(100000)
    with pytest.raises(Fault, match="payment_reversed"):
        reverse_payment(actor=ACTOR, payment=part, reason=REASON)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("268800.01", "payment_exceeds_balance"),
        ("0", "amount_not_payable"),
        ("-5", "amount_not_payable"),
        ("1.005", "amount_not_payable"),
    ],
)
def test_payments_that_cannot_be(sold: LicenseVersion, amount: str, code: str) -> None:
    invoice = issued(sold.license)
    with pytest.raises(Fault, match=code):
        pay(invoice, amount)
    with platform_scope():
        assert not Payment.objects.exists()


def test_a_payment_is_not_of_tomorrow(sold: LicenseVersion) -> None:
    invoice = issued(sold.license)
    with pytest.raises(Fault, match="payment_in_future"):
        record_payment(
            actor=ACTOR,
            invoice=invoice,
            received_on=timezone.localdate() + timedelta(days=2),
            amount=D(1),
            bank_reference="x",
        )


def test_a_draft_is_neither_paid_nor_credited(sold: LicenseVersion) -> None:
    row = draft(sold.license)
    with pytest.raises(Fault, match="invoice_not_issued"):
        pay(row, "1")
    with pytest.raises(Fault, match="invoice_not_issued"):
        void_invoice(actor=ACTOR, invoice=row, reason=REASON)


# --- Reminders ----------------------------------------------------------------------------------


def test_an_invoice_is_overdue_after_its_day_at_the_agency(
    alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Due on 1 February in Auckland, which is over at 11:00 UTC."""
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(time_zone="Pacific/Auckland")
    make_account(alder, payment_terms_days=0)
    monkeypatch.setattr(
        "accounts.services.billing.issuing.today_in", lambda agency: date(2021, 2, 1)
    )
    invoice = issued(reference_license(alder).license)
    assert invoice.due_on == date(2021, 2, 1)
    assert invoice.overdue_at == datetime(2021, 2, 1, 11, tzinfo=UTC)
    assert balance_of(invoice).state_now == InvoiceState.OVERDUE


def test_reminders_go_out_once_a_level(
    alder: Agency,
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: list[object],
    django_capture_on_commit_callbacks: object,
) -> None:
    make_account(alder, payment_terms_days=0)
    today = timezone.localdate()
    monkeypatch.setattr(
        "accounts.services.billing.issuing.today_in", lambda agency: today - timedelta(days=20)
    )
    invoice = issued(reference_license(alder).license)
    assert remind_invoice(actor=ACTOR, invoice=invoice).level == 1
    assert remind_invoice(actor=ACTOR, invoice=invoice).level == 2
    with pytest.raises(Fault, match="reminder_too_early"):
        remind_invoice(actor=ACTOR, invoice=invoice)
    pay(invoice, "268800")
    with pytest.raises(Fault, match="invoice_not_overdue"):
        remind_invoice(actor=ACTOR, invoice=invoice)


# --- Who, and the record ------------------------------------------------------------------------


def test_only_the_platform_bills(sold: LicenseVersion) -> None:
    agency = system_actor("test", sold.agency_id)
    with pytest.raises(PermissionDenied):
        draft_from_license(actor=agency, license=sold.license)
    with platform_scope():
        assert not Invoice.objects.exists()


def test_both_records_say_what_was_billed(sold: LicenseVersion, alder: Agency) -> None:
    invoice = issued(sold.license)
    for agency_id in (None, alder.pk):
        with scope(agency_id) if agency_id else platform_scope():
            entries = AuditEntry.objects.filter(
                agency_id=agency_id, subject_type="invoice", subject_id=str(invoice.pk)
            ).order_by("id")
            found = list(entries.values_list("action", "data"))
        assert found == [
            ("invoice.drafted", {"license": sold.license.number, "lines": 1}),
            ("invoice.issued", {"number": invoice.number, "total": "USD 268800.00"}),
        ]


def test_tax_of_lines_is_the_tax_of_the_invoice(sold: LicenseVersion) -> None:
    invoice = issued(sold.license)
    own = [(line.net, line.tax_percent) for line in lines_of(invoice)]
    assert sum(taxes(own, "USD").values()) == invoice.tax
