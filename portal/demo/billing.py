"""What the demo agency owes, so that the pages of invoices show something."""

from decimal import Decimal

from accounts.actor import command_actor
from accounts.models import Agency, BillingAccount, Invoice, License, TaxRate
from accounts.services.billing.accounts import save_billing_account, save_tax_rate
from accounts.services.billing.drafting import draft_from_license
from accounts.services.billing.issuing import issue_invoice
from portal.tenancy import platform_scope

TAX = "Demo tax"


def bill(agency: Agency) -> None:
    """A billing account and one issued invoice; nothing when the agency was billed before.

    The license of a demo from before invoices cost nothing, and comes to no invoice.
    """
    operator = command_actor("demo", None)
    with platform_scope():
        license = License.objects.filter(agency=agency, trial=False, versions__amount__gt=0).first()
        has_account = BillingAccount.objects.filter(agency=agency).exists()
        billed = Invoice.objects.filter(agency=agency).exists()
        rate = TaxRate.objects.filter(name=TAX).first()
    if not has_account:
        rate = rate or save_tax_rate(actor=operator, rate=TaxRate(name=TAX, percent=Decimal(20)))
        save_billing_account(
            actor=operator,
            agency=agency,
            legal_name=f"{agency.name}, Treasury",
            address="1 Harbour Road\nDemo Harbour",
            contact_name="Tess Treasurer",
            contact_email="treasury@demo.example",
            tax_rate=rate,
        )
    if license is not None and not billed:
        issue_invoice(actor=operator, invoice=draft_from_license(actor=operator, license=license))
