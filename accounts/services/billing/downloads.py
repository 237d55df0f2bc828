"""That somebody of an agency took a document."""

from accounts.actor import Actor
from accounts.models import Invoice
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record


def note_download(*, actor: Actor, invoice: Invoice) -> None:
    """Record it in the agency's record. Raises PermissionDenied without the right."""
    actor.require(Permission.VIEW_INVOICES)
    record(actor, Action.INVOICE_DOWNLOADED, invoice, {"number": invoice.number})
