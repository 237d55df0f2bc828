"""What the database refuses, whoever asks and in whatever way: raw SQL under both roles."""

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.models import Agency, Invoice, InvoiceCounter, InvoiceLine, Payment, TaxRate
from portal.tenancy import platform_scope, scope
from tests.accounts.billing_cast import (
    draft,
    full_billing,
    issued,
    make_account,
    reference_license,
)

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def refused(sql: str, *arguments: Any) -> str:
    """The words in which the database refuses a statement."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, arguments)
    return str(error.value)


@pytest.fixture
def bill(alder: Agency) -> Invoice:
    """An issued invoice with a line, a billed entry, a payment, a credit note and a reminder."""
    return full_billing(alder)


CHANGES = [
    ("invoice", "total = total + 1", "does not change"),
    ("invoice", "number = 'INV-2026-99999'", "does not change"),
    ("invoice", "issued_at = NULL", "does not change"),
    ("invoice", "frozen = '{}'", "does not change"),
    ("invoiceline", "net = 1", "lines do not change"),
    ("invoiceline", "description = 'x'", "lines do not change"),
    ("invoiceline", "void = true", "lines do not change"),
    ("billedusage", "void = true", "lines do not change"),
    ("payment", "amount = 1", "permission denied"),
    ("payment", "bank_reference = 'x'", "permission denied"),
    ("dunningreminder", "level = 3", "permission denied"),
    ("invoicecounter", "last = 0", "permission denied"),
]


@pytest.mark.parametrize(("table", "change", "words"), CHANGES)
def test_what_was_issued_does_not_change(
    bill: Invoice, table: str, change: str, words: str
) -> None:
    with platform_scope():
        assert words in refused(f"UPDATE accounts_{table} SET {change}")
        deletion = refused(f"DELETE FROM accounts_{table}")
    assert any(w in deletion for w in ("not deleted", "lines do not change", "permission denied"))


def test_the_triggers_bind_the_owner_too(bill: Invoice) -> None:
    """Their functions refuse by trigger and not by privilege alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname ~ '^accounts_' AND t.tgenabled = 'O' AND c.relname = ANY(%s)",
            [[f"accounts_{t}" for t in ("payment", "dunningreminder", "invoice", "invoiceline")]],
        )
        found = {(table, name) for table, name in cursor.fetchall()}
    assert {
        ("accounts_payment", "accounts_payment_append_only"),
        ("accounts_dunningreminder", "accounts_dunningreminder_append_only"),
        ("accounts_invoice", "accounts_guard_invoice"),
        ("accounts_invoice", "accounts_invoice_no_truncate"),
        ("accounts_invoiceline", "accounts_guard_line"),
    } <= found
    assert "owner" in connections


def test_lines_cannot_be_added_to_what_was_issued(bill: Invoice) -> None:
    columns = ", ".join(
        f'"{f.column}"'
        for f in InvoiceLine._meta.local_fields
        if f.column not in ("id", "position")
    )
    with platform_scope():
        words = refused(
            f"INSERT INTO accounts_invoiceline (position, {columns}) SELECT 99, {columns}"
            " FROM accounts_invoiceline WHERE invoice_id = %s LIMIT 1",
            bill.pk,
        )
    assert "stay when they are issued" in words


def test_a_number_is_not_chosen_and_sums_are_not_made_up(alder: Agency) -> None:
    make_account(alder)
    row = draft(reference_license(alder).license)
    rest = (
        "issued_at = now(), issued_on = current_date, due_on = current_date, overdue_at = now(),"
        " frozen = '{}'"
    )
    issue = f"UPDATE accounts_invoice SET {rest}, net = %s, tax = %s, total = %s WHERE id = %s"
    with platform_scope():
        for net, tax in ((1, 0), (224000, 0), (224000, 44801), (223999, 44801)):
            assert "are not the sums" in refused(issue, net, tax, net + tax, row.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_invoice SET {rest}, net = 224000, tax = 44800, total = 268800,"
                " number = 'INV-2001-00077', year = 2001, sequence = 77 WHERE id = %s",
                [row.pk],
            )
        row.refresh_from_db()
        last = InvoiceCounter.objects.get(kind="invoice", year=row.issued_on.year).last  # type: ignore[union-attr]
    assert row.sequence == last
    assert row.year != 2001


def test_a_line_that_does_not_add_up_is_not_issued(alder: Agency) -> None:
    make_account(alder)
    row = draft(reference_license(alder).license)
    with platform_scope():
        line = InvoiceLine.objects.get(invoice=row)
        line.pk, line.position, line.first_day = None, 2, line.last_day
        line.kind, line.quantity = "overage", D(5)  # five searches that no entry knows
        line.net = D(5) * line.unit_price
        line.save()
        words = refused(
            "UPDATE accounts_invoice SET issued_at = now(), issued_on = current_date,"
            " due_on = current_date, overdue_at = now(), frozen = '{}', net = %s, tax = %s,"
            " total = %s WHERE id = %s",
            *(D(1344000), D(268800), D(1612800), row.pk),
        )
    assert "does not add up" in words


PAYMENTS = [
    ("amount + 1000000", "NULL", "", "more than is owed"),
    ("0.001", "NULL", "", "no such coin"),
    ("-5", "NULL", "", "payment_sign"),
    ("-5", "id", "because", "undoes one payment exactly"),
    ("-amount", "id", "", "payment_sign"),
]


@pytest.mark.parametrize(("amount", "reverses", "reason", "words"), PAYMENTS)
def test_payments_add_up_in_the_database_too(
    bill: Invoice, amount: str, reverses: str, reason: str, words: str
) -> None:
    with platform_scope():
        said = refused(
            "INSERT INTO accounts_payment (agency_id, invoice_id, received_on, amount,"
            " bank_reference, reverses_id, reason, recorded_by_label)"
            f" SELECT agency_id, invoice_id, received_on, {amount}, 'x', {reverses}, %s, 'x'"
            " FROM accounts_payment LIMIT 1",
            reason,
        )
    assert words in said


def test_an_agency_sees_its_own_issued_documents_and_no_draft(
    bill: Invoice, alder: Agency, birch: Agency
) -> None:
    make_account(birch)
    other = issued(reference_license(birch).license)
    waiting = draft(reference_license(alder).license)
    with scope(alder.pk):
        seen = set(Invoice.objects.values_list("pk", flat=True))
        assert bill.pk in seen
        assert waiting.pk not in seen
        assert other.pk not in seen
        assert not InvoiceLine.objects.filter(invoice=waiting).exists()
        assert InvoiceLine.objects.filter(invoice=bill).exists()
        assert not TaxRate.objects.exists()
        for function in ("accounts_unbilled_overage(1)", "accounts_bill_overage(1,1,'',1,'')"):
            assert "for the platform" in refused(f"SELECT {function}")


def test_the_platform_bills_entries_that_it_cannot_read(bill: Invoice) -> None:
    with platform_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_billedusage")
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT count(*) FROM accounts_usageentry")
        assert cursor.fetchone() == (0,)
        # The agency's scope, which the functions open, is closed again.
        cursor.execute("SELECT * FROM accounts_unbilled_overage(%s)", [bill.agency_id])
        cursor.execute("SELECT count(*) FROM accounts_usageentry")
        assert cursor.fetchone() == (0,)


def test_payments_have_no_way_around_the_orm_either(bill: Invoice) -> None:
    with platform_scope(), pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.filter(invoice=bill).delete()
    with platform_scope(), pytest.raises(DatabaseError), transaction.atomic():
        Invoice.objects.get(pk=bill.pk).delete()
