"""The document of an authorization that was given elsewhere: a warrant, an order."""

from django.db import transaction

from accounts.access import files_of
from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.storage import MissingFile
from searches.models import Search

ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@transaction.atomic
def view_document(*, actor: Actor, search: Search) -> bytes:
    """The document, decrypted; that it was looked at is recorded. Raises MissingFile."""
    actor.require(Permission.VIEW_CASES)
    if not search.document_key:
        raise MissingFile(str(search.pk))
    data = files_of(actor.agency).get(search.document_key)
    facts = {"case": str(search.case_id)}
    record(actor, Action.SEARCH_DOCUMENT_VIEWED, search, facts)
    return data
