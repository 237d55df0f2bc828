"""What an import leaves behind goes: uploads at once, the list and rejected pictures in time."""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.models import Agency
from accounts.permissions import Permission
from galleries.models import ImportBatch, ImportFile, ImportPart, ImportStage
from galleries.models.imports import ENDED, FileState
from galleries.services.imports.acts import abandon
from galleries.services.imports.bells import CLEAR_TASK
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.files import delete_on_commit

CLEARED_AT_ONCE = 500


@transaction.atomic
def close_import(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove the list of files and the rejected pictures of an import that has ended."""
    actor.require(Permission.ENROL)
    batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if not batch.has_ended:
        raise Fault("import_stage")
    _close(actor, batch)


def _close(actor: Actor, batch: ImportBatch) -> None:
    if ImportBatch.objects.filter(pk=batch.pk, cleared_at=None).update(cleared_at=Now()) == 1:
        facts = {"gallery": str(batch.gallery_id), "files": batch.files}
        record(actor, Action.IMPORT_CLOSED, batch, facts)
        ring(CLEAR_TASK, batch.agency_id, str(batch.pk))


def clear_import(batch_id: UUID) -> None:
    """Remove what an ended import does not need any more, for a slice; then ring again."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if not batch.has_ended:
        return
    until = time.monotonic() + settings.IMPORT_SLICE_SECONDS
    while _clear_some(batch):
        if time.monotonic() > until:
            ring(CLEAR_TASK, batch.agency_id, str(batch.pk))
            return


@transaction.atomic
def _clear_some(batch: ImportBatch) -> bool:
    if batch.manifest_key:
        delete_on_commit(batch.agency_id, batch.manifest_key)
        ImportBatch.objects.filter(pk=batch.pk).update(manifest_key="")
        batch.manifest_key = ""
    parts = list(ImportPart.objects.filter(batch=batch)[:CLEARED_AT_ONCE])
    for part in parts:
        delete_on_commit(batch.agency_id, part.file_key)
    ImportPart.objects.filter(pk__in=[part.pk for part in parts]).delete()
    return bool(parts) or _clear_files(batch)


def _clear_files(batch: ImportBatch) -> bool:
    """Of a closed import all rows; of another one the pictures that nobody will look at."""
    files = ImportFile.objects.filter(batch=batch)
    if batch.cleared_at is None:
        files = files.exclude(file_key="").exclude(state=FileState.REJECTED)
    some = list(files.order_by("position").values_list("pk", "file_key")[:CLEARED_AT_ONCE])
    for _, key in some:
        if key:
            delete_on_commit(batch.agency_id, key)
    chosen = ImportFile.objects.filter(pk__in=[pk for pk, _ in some])
    if batch.cleared_at is None:
        chosen.update(file_key="")
    else:
        chosen.delete()
    return bool(some)


def clear_imports_of(galleries: Sequence[UUID]) -> None:
    """Remove all that imports keep for galleries that are gone: uploads, lists, pictures."""
    for batch in ImportBatch.objects.filter(gallery__in=galleries):
        if not batch.has_ended:
            abandon(batch)
        with transaction.atomic():
            _close(system_actor("erasure", batch.agency_id), batch)
        batch.refresh_from_db()
        while _clear_some(batch):
            pass


def clear_imports() -> None:
    """For all agencies: close and abandon what is too old, and go on with what was not finished."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    for agency_id in agencies:
        with scope(agency_id):
            _clear_in(agency_id)


def _clear_in(agency_id: int) -> None:
    long_ago = timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS)
    left = (ImportStage.UPLOADING, ImportStage.READY, ImportStage.PAUSED)
    for batch in ImportBatch.objects.filter(stage__in=left, touched_at__lt=long_ago):
        abandon(batch)
    ended = ImportBatch.objects.filter(stage__in=ENDED)
    for batch in ended.filter(finished_at__lt=long_ago, cleared_at=None):
        with transaction.atomic():
            _close(system_actor("imports", agency_id), batch)
    for batch in ended.filter(_leaves_something()):
        clear_import(batch.pk)


def _leaves_something() -> Q:
    files = ImportFile.objects.filter(batch=OuterRef("pk"))
    unseen = files.filter(state=FileState.CANCELLED).exclude(file_key="")
    return (
        Q(Exists(ImportPart.objects.filter(batch=OuterRef("pk"))))
        | ~Q(manifest_key="")
        | Q(Exists(files), cleared_at__isnull=False)
        | Q(Exists(unseen), cleared_at=None, stage=ImportStage.CANCELLED)
    )
