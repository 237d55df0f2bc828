"""Whom an agency's invoices go to, and the tax rates there are."""

from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, BillingAccount, TaxRate
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope

CHANGEABLE = (
    "legal_name",
    "address",
    "contact_name",
    "contact_email",
    "language",
    "tax_id",
    "buyer_reference",
    "tax_rate",
    "payment_terms_days",
    "schedule",
)


@transaction.atomic
def save_billing_account(*, actor: Actor, agency: Agency, **values: Any) -> BillingAccount:
    """Make an agency's billing account, or change some of CHANGEABLE in it.

    What was issued keeps the old values. Raises ValidationError, TypeError on other names.
    """
    actor.require_platform()
    if unknown := values.keys() - set(CHANGEABLE):
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    with platform_scope():
        rows = BillingAccount.objects.select_for_update(of=("self",))
        row = rows.filter(agency=agency).first() or BillingAccount(agency=agency)
        changed = sorted(
            name for name, value in values.items() if row.pk is None or getattr(row, name) != value
        )
        if not changed:
            return row
        for name in changed:
            setattr(row, name, values[name])
        row.full_clean()
        row.save()
        record_for_both(actor, Action.BILLING_ACCOUNT_SAVED, agency, {"fields": changed}, row)
    return row


@transaction.atomic
def save_tax_rate(*, actor: Actor, rate: TaxRate) -> TaxRate:
    """Keep a new or changed tax rate; lines that exist keep theirs. Raises ValidationError."""
    actor.require_platform()
    with platform_scope():
        rate.full_clean()
        rate.save()
        record(actor, Action.TAX_RATE_SAVED, rate, {"percent": str(rate.percent)})
    return rate


def locked_account(agency_id: int) -> BillingAccount:
    """The agency's billing account; whoever bills the agency holds it until the transaction ends.

    Raises Fault when there is none.
    """
    rows = BillingAccount.objects.select_for_update(of=("self",)).select_related(
        "agency", "tax_rate"
    )
    account = rows.filter(agency_id=agency_id).first()
    if account is None:
        raise Fault("billing_account_missing")
    return account
