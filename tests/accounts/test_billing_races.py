"""Two who issue at once, and whatever is issued, credited and paid in whatever order."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal as D
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_django.plugin import DjangoDbBlocker

from accounts.billing.money import taxes
from accounts.faults import Fault
from accounts.models import Agency, Invoice, InvoiceCounter, InvoiceLine, InvoiceState
from accounts.services.billing.crediting import credit_line, void_invoice
from accounts.services.billing.issuing import issue_invoice
from accounts.services.billing.paying import record_payment
from portal import embedded
from portal.tenancy import platform_scope
from tests.accounts.billing_cast import (
    balance_of,
    billing_actor,
    draft,
    issued,
    make_account,
    reference_license,
)
from tests.accounts.issuing_process import issue_all
from tests.accounts.races import at_once, committed_agency

EACH_TEST_ALONE = True

ACTOR = billing_actor()
REASON = "Agreed with the treasury"
TABLES = (
    "accounts_payment",
    "accounts_billedusage",
    "accounts_invoiceline",
    "accounts_invoice",
    "accounts_billingaccount",
    "accounts_licenseversion",
    "accounts_license",
)


@pytest.fixture
def towns(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Agency]]:
    """Four agencies whose rows are committed."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        found = [stack.enter_context(committed_agency()) for _ in range(4)]
        yield found
        connection.close()
        _clean([agency.pk for agency in found])


def _clean(agencies: list[int]) -> None:
    """Triggers keep what was issued from deletion, so the superuser does it past them."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    name = str(settings.DATABASES["default"]["NAME"])
    with psycopg.connect(make_conninfo(urls.superuser_url, dbname=name)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for table in TABLES:
            superuser.execute(
                sql.SQL("DELETE FROM {} WHERE agency_id = ANY(%s)").format(sql.Identifier(table)),
                [agencies],
            )
        superuser.execute("DELETE FROM accounts_invoicecounter")
        superuser.execute("DELETE FROM accounts_taxrate")
        superuser.execute("DELETE FROM audit_auditentry")


def numbers() -> list[int | None]:
    with platform_scope():
        rows = Invoice.objects.filter(issued_at__isnull=False, kind="invoice")
        return list(rows.order_by("sequence").values_list("sequence", flat=True))


def test_many_who_issue_at_once_leave_no_gap_and_no_duplicate(towns: list[Agency]) -> None:
    """Also when some of them fail after they were given a number."""
    drafts = []
    for town in towns:
        make_account(town)
        drafts += [draft(reference_license(town).license) for _ in range(3)]

    def issue(row: Invoice, fail: bool) -> object:
        with transaction.atomic():
            made = issue_invoice(actor=ACTOR, invoice=row)
            if fail:
                raise Fault("usage_changed")
            return made.number

    calls = [lambda r=row, n=n: issue(r, n % 4 == 3) for n, row in enumerate(drafts)]
    results = at_once(*calls)
    assert sum(isinstance(result, Fault) for result in results) == 3, results
    made = [result for result in results if isinstance(result, str)]
    assert len(made) == len(set(made)) == 9
    assert numbers() == list(range(1, 10))
    with platform_scope():
        assert InvoiceCounter.objects.get(kind="invoice").last == 9


def test_two_processes_that_issue_at_once_leave_no_gap_and_no_duplicate(
    towns: list[Agency],
) -> None:
    """Ten drafts each of the same agencies, as two admins on two web servers issue them."""
    for town in towns[:2]:
        make_account(town)
    drafts = [draft(reference_license(town).license).pk for town in towns[:2] for _ in range(10)]
    spawn = get_context("spawn")
    start, made = spawn.Barrier(2), spawn.Queue()
    name = str(connection.settings_dict["NAME"])
    people = [
        spawn.Process(target=issue_all, args=(name, own, start, made))
        for own in (drafts[0::2], drafts[1::2])
    ]
    for person in people:
        person.start()
    issued_numbers = [made.get(timeout=180) for _ in drafts]
    for person in people:
        person.join(60)
    assert [person.exitcode for person in people] == [0, 0]
    year = issued_numbers[0].split("-")[1]
    assert sorted(issued_numbers) == [f"INV-{year}-{n:05d}" for n in range(1, 21)]
    assert numbers() == list(range(1, 21))


def test_one_draft_is_issued_once(towns: list[Agency]) -> None:
    make_account(towns[0])
    row = draft(reference_license(towns[0]).license)
    results = at_once(*[lambda: issue_invoice(actor=ACTOR, invoice=row)] * 4)
    codes = [result.code for result in results if isinstance(result, Fault)]
    assert codes == ["invoice_not_draft"] * 3, results
    assert numbers() == [1]


def test_one_license_is_drafted_once(towns: list[Agency]) -> None:
    make_account(towns[0])
    license = reference_license(towns[0]).license
    results = at_once(*[lambda: draft(license)] * 4)
    codes = [result.code for result in results if isinstance(result, Fault)]
    assert codes == ["nothing_to_bill"] * 3, results


def test_one_sum_is_paid_once(towns: list[Agency]) -> None:
    make_account(towns[0])
    invoice = issued(reference_license(towns[0]).license)
    assert invoice.issued_on is not None

    def pay() -> object:
        return record_payment(
            actor=ACTOR,
            invoice=invoice,
            received_on=invoice.issued_on or invoice.drafted_at.date(),
            amount=D(268800),
            bank_reference=uuid.uuid4().hex,
        )

    results = at_once(*[pay] * 3)
    codes = [result.code for result in results if isinstance(result, Fault)]
    assert codes == ["payment_exceeds_balance"] * 2, results
    assert balance_of(invoice).balance == 0


def test_the_owner_of_the_tables_changes_nothing_either(towns: list[Agency]) -> None:
    """Row-level security and triggers bind the role that migrates, too."""
    make_account(towns[0])
    invoice = issued(reference_license(towns[0]).license)
    day = invoice.issued_on or invoice.drafted_at.date()
    values: dict[str, Any] = {"received_on": day, "amount": D(5), "bank_reference": "x"}
    record_payment(actor=ACTOR, invoice=invoice, **values)
    owner = connections["owner"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT set_config('candor.platform', 'on', false)")
            for table in ("invoice", "invoiceline", "payment"):
                cursor.execute(f"SELECT count(*) FROM accounts_{table}")
                assert cursor.fetchone() == (1,)
                for act in (
                    f"UPDATE accounts_{table} SET agency_id = agency_id",
                    f"DELETE FROM accounts_{table}",
                    f"TRUNCATE accounts_{table} CASCADE",
                ):
                    with pytest.raises(DatabaseError, match=r"change|deleted|append-only|stay"):
                        cursor.execute(act)
    finally:
        owner.close()
    assert balance_of(invoice).paid == D(5)


ACTS = st.lists(
    st.tuples(st.sampled_from(["pay", "credit", "void"]), st.integers(1, 150_000)), max_size=6
)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cents=st.integers(1, 100_000),
    percent=st.sampled_from(["0", "5.5", "7.7", "19.6", "20"]),
    schedule=st.sampled_from(["term", "yearly", "monthly"]),
    acts=ACTS,
)
def test_sums_hold_whatever_happens(
    alder: Agency, cents: int, percent: str, schedule: str, acts: list[tuple[str, int]]
) -> None:
    """Lines make the net, rates the tax; paid, credited and open make the total."""
    with transaction.atomic():
        make_account(alder, percent, schedule=schedule)
        invoice = issued(reference_license(alder, amount=D(cents) / 100).license)
        with platform_scope():
            lines = list(InvoiceLine.objects.filter(invoice=invoice))
        assert sum(line.net for line in lines) == invoice.net
        assert all(line.license_version_id for line in lines)
        tax = taxes([(line.net, line.tax_percent) for line in lines], invoice.currency)
        assert sum(tax.values()) == invoice.tax
        for act, amount in acts:
            _do(invoice, lines[0], act, D(amount) / 100)
            row = balance_of(invoice)
            assert row.paid + row.credited + row.balance == row.total
            assert 0 <= row.credited <= row.total
            assert 0 <= row.paid <= row.total
            assert (row.state_now == InvoiceState.VOID) == (row.credited == row.total)
        transaction.set_rollback(True)


def _do(invoice: Invoice, line: InvoiceLine, act: str, amount: D) -> None:
    """One act, or its refusal."""
    try:
        if act == "pay":
            record_payment(
                actor=ACTOR,
                invoice=invoice,
                received_on=invoice.issued_on or line.first_day,
                amount=amount,
                bank_reference="x",
            )
        elif act == "credit":
            credit_line(actor=ACTOR, line=line, net=amount, reason=REASON)
        else:
            void_invoice(actor=ACTOR, invoice=invoice, reason=REASON)
    except Fault as fault:
        expected = {"payment_exceeds_balance", "credit_exceeds_line", "nothing_to_bill"}
        assert fault.code in expected, fault.code
