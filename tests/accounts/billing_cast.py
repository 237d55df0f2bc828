"""Rows of billing as the services make them, and a ledger with searches beyond the limit."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.licensing import LicenseState, local_day, terms_of
from accounts.models import (
    Agency,
    BillingAccount,
    DunningReminder,
    Invoice,
    InvoiceLine,
    Kind,
    License,
    LicenseVersion,
    Payment,
    TaxRate,
)
from accounts.purposes import Purpose
from accounts.services.billing.accounts import save_billing_account, save_tax_rate
from accounts.services.billing.crediting import credit_line
from accounts.services.billing.drafting import draft_from_license
from accounts.services.billing.issuing import issue_invoice
from accounts.services.billing.paying import record_payment
from accounts.services.licenses.signing import approve_overage, sign_version
from accounts.services.quota import commit, reserve
from portal.tenancy import platform_scope, scope
from tests.accounts.licenses.cast import request_overage
from tests.factories import make_license

REFERENCE: dict[str, Any] = {
    "amount": Decimal("224000.00"),
    "currency": "USD",
    "signed_on": date(2020, 8, 12),
    "starts_on": date(2020, 9, 5),
    "ends_on": date(2021, 9, 4),
    "purchase_order": "PO-20-0812",
}


def billing_actor() -> Actor:
    return command_actor("test", None)


def make_tax_rate(percent: str = "20", name: str = "VAT") -> TaxRate:
    with platform_scope():
        found = TaxRate.objects.filter(name=f"{name} {percent}").first()
    rate = TaxRate(name=f"{name} {percent}", percent=Decimal(percent))
    return found or save_tax_rate(actor=billing_actor(), rate=rate)


def make_account(agency: Agency, percent: str = "20", **values: Any) -> BillingAccount:
    usual: dict[str, Any] = {
        "legal_name": f"{agency.name}, Treasury",
        "address": "1 Harbour Road\nAlder",
        "contact_email": f"treasury@{agency.slug}.example",
        "tax_rate": make_tax_rate(percent),
    }
    return save_billing_account(actor=billing_actor(), agency=agency, **usual | values)


def reference_license(agency: Agency, **terms: Any) -> LicenseVersion:
    """The license of the reference: 224,000 US dollars from 2020-09-05 to 2021-09-04."""
    return make_license(agency, **REFERENCE | terms)


def draft(license: License, on: date | None = None) -> Invoice:
    return draft_from_license(actor=billing_actor(), license=license, on=on)


def issued(license: License, on: date | None = None) -> Invoice:
    return issue_invoice(actor=billing_actor(), invoice=draft(license, on))


def balance_of(invoice: Invoice) -> Invoice:
    with platform_scope():
        return Invoice.objects.with_balance().get(pk=invoice.pk)


def license_with_overage(agency: Agency, price: str = "4.50", **terms: Any) -> LicenseVersion:
    """A license without searches within the limit, and with 1000 beyond it at a price."""
    draft_version = make_license(agency, sign=False, searches_per_month=0, **terms)
    sue, stan = (replace(billing_actor(), user_id=pk, label=str(pk)) for pk in (71, 72))
    request_overage(actor=sue, version=draft_version, unit_price=Decimal(price), cap=1000)
    approved = approve_overage(actor=stan, version=draft_version)
    return sign_version(actor=sue, version=approved)


def use_beyond_limit(version: LicenseVersion, searches: int, at: datetime) -> None:
    """Searches beyond the limit in the ledger, in the month of `at`, one entry each."""
    with platform_scope():
        license = License.objects.get(pk=version.license_id)
        agency = Agency.objects.get(pk=version.agency_id)
    terms = terms_of(version, license, LicenseState.ACTIVE, agency)
    with scope(agency.pk), transaction.atomic():
        for _ in range(searches):
            key = uuid.uuid4().hex
            reserve(
                terms=terms,
                kind=Kind.SEARCH,
                quantity=1,
                key=key,
                purpose=Purpose.MISSING_PERSON,
                at=at,
            )
            commit(key=key)


def full_billing(agency: Agency) -> Invoice:
    """At least one row in every table of billing: an issued invoice with all that can follow.

    Its license is over, so nobody works under it.
    """
    make_account(agency)
    today = local_day(timezone.now(), agency.time_zone)
    days: dict[str, Any] = {
        "starts_on": today - timedelta(days=400),
        "ends_on": today - timedelta(days=36),
    }
    version = license_with_overage(agency, **days)
    use_beyond_limit(version, 2, timezone.now() - timedelta(days=70))
    invoice = issued(version.license)
    record_payment(
        actor=billing_actor(),
        invoice=invoice,
        received_on=today,
        amount=Decimal(100),
        bank_reference="BANK-7",
    )
    with platform_scope():
        line = InvoiceLine.objects.filter(invoice=invoice).earliest("position")
        credit_line(actor=billing_actor(), line=line, net=Decimal(50), reason="Agreed by telephone")
        DunningReminder.objects.create(
            agency=agency, invoice=invoice, level=1, sent_to="treasury@alder.example"
        )
    return invoice


def billing_arguments(agency: Agency) -> dict[str, list[object]]:
    """Arguments of the addresses of billing, for an agency with one of everything."""
    with platform_scope():
        invoice = Invoice.objects.filter(agency=agency, kind="invoice").first()
    if invoice is None:
        invoice = full_billing(agency)
    with platform_scope():
        of_model: dict[str, object] = {
            "invoice": invoice.pk,
            "creditnote": Invoice.objects.get(credits=invoice).pk,
            "payment": Payment.objects.filter(invoice=invoice)[0].pk,
            "billingaccount": BillingAccount.objects.get(agency=agency).pk,
            "taxrate": TaxRate.objects.all()[0].pk,
        }
    found: dict[str, list[object]] = {
        f"accounts_{model}_{act}": [of_model[model]]
        for model, acts in BILLING_ACTS.items()
        for act in acts
    }
    return found | {"statement": [agency.pk], "invoice_file": [invoice.pk]}


BILLING_ACTS: dict[str, list[str]] = {
    "invoice": ["change", "issue", "discard", "pay", "remind", "credit", "void", "send", "pdf"],
    "creditnote": ["change", "issue", "discard", "send", "pdf"],
    "payment": ["change", "reverse"],
    "billingaccount": ["change"],
    "taxrate": ["change"],
}
