"""May this request have this object: another agency's is 404, a missing right is 403."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.models import Erasure, ImportBatch, ImportFile, RetentionRun


def import_or_404(pk: UUID) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.select_related("gallery", "register"), pk=pk)


def import_file_or_404(pk: UUID) -> ImportFile:
    return get_object_or_404(ImportFile.objects.all(), pk=pk)


# Receipts are for whoever erases and for whoever reads the record.
RECEIPTS = (Permission.ERASE, Permission.VIEW_RECORD)


def require_receipts(actor: Actor) -> None:
    """Raise PermissionDenied (403) unless the actor may have receipts."""
    if not any(actor.can(one) for one in RECEIPTS):
        raise PermissionDenied("receipts")


def erasure_for(actor: Actor, pk: UUID) -> Erasure:
    require_receipts(actor)
    return get_object_or_404(Erasure.objects.all(), pk=pk)


def retention_run_for(actor: Actor, pk: UUID) -> RetentionRun:
    require_receipts(actor)
    return get_object_or_404(RetentionRun.objects.all(), pk=pk)
