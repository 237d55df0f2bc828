"""The whole list of what the platform's pages show."""

from accounts.models import Agency, SignOnDomain, StaffSession, User
from accounts.platform.agency_admin import AgencyAdmin
from accounts.platform.record_admin import AuditEntryAdmin, StaffSessionAdmin
from accounts.platform.sign_on_admin import SignOnDomainAdmin
from accounts.platform.site import site
from accounts.platform.staff_admin import StaffAdmin
from portal.audit.models import AuditEntry

site.register(Agency, AgencyAdmin)
site.register(User, StaffAdmin)
site.register(StaffSession, StaffSessionAdmin)
site.register(SignOnDomain, SignOnDomainAdmin)
site.register(AuditEntry, AuditEntryAdmin)

__all__ = ["site"]
