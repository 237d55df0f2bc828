"""What the platform did in the agency: the agency's own record, read by its admins and auditors."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.guards import needs
from accounts.http import AgencyRequest
from accounts.permissions import Permission
from accounts.services.platform_record import PLATFORM_ACTS
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.paging import page_of

WORDS = {
    Action.AGENCY_CREATED: _("Created the agency"),
    Action.AGENCY_IMPORTED: _("Brought the agency here from another installation"),
    Action.AGENCY_CHANGED: _("Changed the agency's details"),
    Action.AGENCY_VIEWED: _("Opened the agency's page"),
    Action.PLATFORM_LISTED: _("Found the agency in the list of agencies"),
    Action.AGENCY_ACTIVATED: _("Activated the agency"),
    Action.AGENCY_SUSPENDED: _("Suspended the agency"),
    Action.AGENCY_RESUMED: _("Ended the suspension"),
    Action.AGENCY_ADMIN_INVITED: _("Invited the first admin"),
    Action.AGENCY_CLOSED: _("Closed the agency"),
    Action.LICENSE_DRAFTED: _("Drafted a license, or a change of one"),
    Action.LICENSE_CHANGED: _("Changed the draft of a license"),
    Action.LICENSE_SIGNED: _("Signed a license"),
    Action.LICENSE_OVERAGE_APPROVED: _("Approved searches beyond a license's limit"),
    Action.LICENSE_SUSPENDED: _("Suspended a license"),
    Action.LICENSE_RESUMED: _("Ended the suspension of a license"),
    Action.LICENSE_TERMINATED: _("Terminated a license"),
    Action.LICENSE_VIEWED: _("Opened the page of a license"),
    Action.LICENSE_TAMPERED: _("Found that a license is not what was signed"),
    Action.USAGE_UNPROVEN: _("Found that the usage ledger does not add up"),
    Action.BILLING_ACCOUNT_SAVED: _("Changed the billing account"),
    Action.INVOICE_DRAFTED: _("Drafted an invoice"),
    Action.INVOICE_DISCARDED: _("Threw the draft of an invoice away"),
    Action.INVOICE_ISSUED: _("Issued an invoice"),
    Action.CREDIT_NOTE_ISSUED: _("Issued a credit note"),
    Action.INVOICE_SENT: _("Sent an invoice again"),
    Action.INVOICE_REMINDED: _("Reminded of an overdue invoice"),
    Action.PAYMENT_RECORDED: _("Recorded a payment"),
    Action.PAYMENT_REVERSED: _("Reversed a payment"),
    Action.STATEMENT_VIEWED: _("Opened the statement of account"),
    Action.SSO_DOMAIN_CONFIRMED: _("Confirmed a domain for single sign-on"),
    Action.SSO_DOMAIN_WITHDRAWN: _("Withdrew a domain from single sign-on"),
    Action.FEATURE_SWITCHED: _("Switched a part of the portal on or off for the agency"),
    Action.JOBS_RETRIED: _("Tried failed jobs again"),
    Action.OFFBOARDING_PROLONGED: _("Put the destruction of the data off"),
}


@require_safe
@needs(Permission.VIEW_PLATFORM_ACTS)
def platform_acts(request: AgencyRequest) -> HttpResponse:
    of_platform = Q(action__in=PLATFORM_ACTS) | Q(source__startswith="command: ")
    entries = AuditEntry.objects.filter(of_platform, agency_id=request.actor.agency)
    page = page_of(request, entries)
    rows = [(entry, WORDS.get(Action(entry.action), entry.action)) for entry in page]
    return render(request, "accounts/platform_acts.html", {"page": page, "rows": rows})
