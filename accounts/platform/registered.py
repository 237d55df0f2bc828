"""The whole list of what the platform's pages show."""

from accounts.models import (
    Agency,
    BillingAccount,
    CreditNote,
    Invoice,
    License,
    Payment,
    Plan,
    SignOnDomain,
    StaffSession,
    TaxRate,
    User,
)
from accounts.platform.agency_admin import AgencyAdmin
from accounts.platform.billing.account_admin import (
    BillingAccountAdmin,
    PaymentAdmin,
    TaxRateAdmin,
)
from accounts.platform.billing.invoice_admin import CreditNoteAdmin, InvoiceAdmin
from accounts.platform.license_admin import LicenseAdmin
from accounts.platform.plan_admin import PlanAdmin
from accounts.platform.record_admin import AuditEntryAdmin, StaffSessionAdmin
from accounts.platform.sign_on_admin import SignOnDomainAdmin
from accounts.platform.site import site
from accounts.platform.staff_admin import StaffAdmin
from portal.audit.models import AuditEntry

site.register(Agency, AgencyAdmin)
site.register(Plan, PlanAdmin)
site.register(License, LicenseAdmin)
site.register(BillingAccount, BillingAccountAdmin)
site.register(Invoice, InvoiceAdmin)
site.register(CreditNote, CreditNoteAdmin)
site.register(Payment, PaymentAdmin)
site.register(TaxRate, TaxRateAdmin)
site.register(User, StaffAdmin)
site.register(StaffSession, StaffSessionAdmin)
site.register(SignOnDomain, SignOnDomainAdmin)
site.register(AuditEntry, AuditEntryAdmin)

__all__ = ["site"]
