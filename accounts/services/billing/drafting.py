"""Drafts of invoices: what a license costs and what its use beyond the limit costs."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.billing.money import minor_units
from accounts.certificates import today_in
from accounts.faults import Fault
from accounts.models import (
    BillingAccount,
    DocumentKind,
    Invoice,
    InvoiceLine,
    License,
    LineKind,
)
from accounts.services.billing.accounts import locked_account
from accounts.services.billing.lines import Billable, billable
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.tenancy import platform_scope


@transaction.atomic
def draft_from_license(*, actor: Actor, license: License, on: date | None = None) -> Invoice:
    """A draft of everything of a license that is due on a day (the agency's today by default).

    Parts of the term that have begun, changes of amendments for days billed before, and searches
    beyond the limit in months that are over. When amendments give more back than there is to
    charge, it is the draft of a credit note over what they give back. Raises Fault when nothing
    is due, LicenseTampered when the license is not what was signed.
    """
    actor.require_platform()
    with platform_scope():
        account = locked_account(license.agency_id)
        with translation.override(account.language):
            found = billable(account, license, on or today_in(account.agency))
            total = sum((line.net for line in found), Decimal(0))
            back = [line for line in found if line.net < 0]
            if total < 0:
                invoice = _credit_note(actor, account, license, back)
            elif total > 0:
                invoice = _invoice(actor, account, license, found)
            else:
                raise Fault("nothing_to_bill")
        facts = {"license": license.number, "lines": invoice.lines.count()}
        record_for_both(actor, Action.INVOICE_DRAFTED, account.agency, facts, invoice)
    return invoice


@transaction.atomic
def discard_draft(*, actor: Actor, invoice: Invoice) -> None:
    """Throw a draft away; what it would have billed can be billed again. Raises Fault."""
    actor.require_platform()
    with platform_scope():
        account = locked_account(invoice.agency_id)
        row = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
        if not row.is_draft:
            raise Fault("invoice_not_draft")
        record_for_both(actor, Action.INVOICE_DISCARDED, account.agency, {}, row)
        row.delete()


def new_document(
    actor: Actor,
    account: BillingAccount,
    license: License | None,
    currency: str,
    credits: Invoice | None = None,
    reason: str = "",
) -> Invoice:
    """A draft without lines; a credit note when it credits an invoice."""
    return Invoice.objects.create(
        agency_id=account.agency_id,
        kind=DocumentKind.CREDIT_NOTE if credits else DocumentKind.INVOICE,
        license=license,
        credits=credits,
        reason=reason,
        currency=currency,
        minor_units=minor_units(currency),
        language=account.language,
        drafted_by_label=actor.label,
    )


def _invoice(
    actor: Actor, account: BillingAccount, license: License, found: Sequence[Billable]
) -> Invoice:
    invoice = new_document(actor, account, license, found[0].version.currency)
    for position, one in enumerate(found, start=1):
        line = _keep(account, invoice, position, one)
        if one.kind == LineKind.OVERAGE and _bill_overage(line, license, one) != one.quantity:
            raise Fault("usage_changed")
    return invoice


def _credit_note(
    actor: Actor, account: BillingAccount, license: License, back: Sequence[Billable]
) -> Invoice:
    """What amendments give back, against the subscription line that was billed for it."""
    amount = -sum((line.net for line in back), Decimal(0))
    credited = _line_to_credit(license, amount)
    reason = _("Amendment of the license")
    currency = back[0].version.currency
    note = new_document(actor, account, license, currency, credited.invoice, reason)
    for position, one in enumerate(back, start=1):
        line = _line(account, note, position, one)
        line.unit_price, line.net, line.credits_line = -one.unit_price, -one.net, credited
        line.tax_name, line.tax_percent = credited.tax_name, credited.tax_percent
        line.save()
    return note


def _line_to_credit(license: License, amount: Decimal) -> InvoiceLine:
    """The last issued subscription line with that much left of it. Raises Fault."""
    lines = InvoiceLine.objects.filter(
        license_version__license=license,
        kind=LineKind.SUBSCRIPTION,
        void=False,
        invoice__issued_at__isnull=False,
    ).order_by("-last_day", "-pk")
    for line in lines.select_related("invoice"):
        if left_of(line) >= amount:
            return line
    raise Fault("credit_exceeds_line")


def left_of(line: InvoiceLine) -> Decimal:
    """What of a line no credit note gives back yet, drafts counted."""
    given = line.credit_lines.aggregate(sum=Sum("net"))["sum"] or Decimal(0)
    return line.net - given


def _line(account: BillingAccount, invoice: Invoice, position: int, one: Billable) -> InvoiceLine:
    return InvoiceLine(
        agency_id=account.agency_id,
        invoice=invoice,
        position=position,
        kind=one.kind,
        description=one.description,
        first_day=one.days.first,
        last_day=one.days.last,
        quantity=one.quantity,
        unit_price=one.unit_price,
        net=one.net,
        tax_name=account.tax_rate.name,
        tax_percent=account.tax_rate.percent,
        license_version=one.version,
    )


def _keep(account: BillingAccount, invoice: Invoice, position: int, one: Billable) -> InvoiceLine:
    line = _line(account, invoice, position, one)
    line.save(force_insert=True)
    return line


def _bill_overage(line: InvoiceLine, license: License, one: Billable) -> int:
    """Tie the line to the entries of the ledger that it bills; returns their quantity."""
    version = one.version.version
    arguments: list[int | str] = [line.pk, line.agency_id, license.number, version, one.period]
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_bill_overage(%s, %s, %s, %s, %s)", arguments)
        return int(cursor.fetchone()[0])
