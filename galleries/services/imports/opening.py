"""Opening an import and taking the parts of its upload, which may stop and go on at any time."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.archives.naming import MANIFESTS
from galleries.models import ImportBatch, ImportKind, ImportLane, ImportPart, ImportStage
from galleries.models.imports import MAX_NAME
from galleries.services.imports.announcing import announce
from galleries.services.imports.bells import ring_lanes
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.files import new_files
from searches.models import Gallery, SourceRegister
from searches.services.metering import terms_for_enrolment
from searches.services.registers import require_source


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What is said of an import before its files come. `manifest` may lie beside the archive."""

    register: SourceRegister | None
    collected_on: date
    name: str
    size: int
    kind: ImportKind = ImportKind.ZIP
    manifest: bytes = b""
    manifest_name: str = ""


class WrongOffset(Exception):
    """A part that does not follow on what is there; `received` bytes are."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


def open_import(
    *, actor: Actor, gallery: Gallery, wish: ImportWish, submission_key: uuid.UUID
) -> ImportBatch:
    """A new import that waits for its upload; the same submission again gives the same one.

    Raises Fault without a register that the gallery takes pictures from, or without a license.
    """
    actor.require(Permission.ENROL)
    before = ImportBatch.objects.filter(submission_key=submission_key)
    if found := before.first():
        return found
    register = _checked(gallery, wish)
    try:
        return _open(actor, gallery, register, wish, submission_key)
    except IntegrityError:
        if found := before.first():  # the other half of a double click came first
            return found
        raise


def _checked(gallery: Gallery, wish: ImportWish) -> SourceRegister:
    if wish.register is None:
        raise Fault("import_without_register")
    require_source(gallery, wish.register)
    terms_for_enrolment(gallery)
    if wish.collected_on > timezone.localdate():
        raise Fault("collected_in_future")
    if wish.kind == ImportKind.ZIP and wish.size < 1:
        raise Fault("archive_empty")
    if wish.size > settings.IMPORT_MAX_BYTES or len(wish.manifest) > settings.UPLOAD_MAX_BYTES:
        raise Fault("archive_too_large")
    if wish.manifest and not wish.manifest_name.lower().endswith((".csv", ".jsonl")):
        raise Fault("manifest_unreadable")
    return wish.register


def _open(
    actor: Actor, gallery: Gallery, register: SourceRegister, wish: ImportWish, key: uuid.UUID
) -> ImportBatch:
    with new_files(actor.agency) as files:
        batch = ImportBatch.objects.create(
            gallery=gallery,
            register=register,
            collected_on=wish.collected_on,
            kind=wish.kind,
            name=wish.name.strip()[:MAX_NAME] or MANIFESTS[0],
            size=wish.size,
            manifest_key=files.put(wish.manifest) if wish.manifest else "",
            manifest_name=wish.manifest_name[-MAX_NAME:],
            submission_key=key,
            requested_by_id=actor.user_id,
            requested_by_label=actor.label,
        )
        ImportLane.objects.bulk_create(
            ImportLane(batch=batch, number=number) for number in range(settings.IMPORT_LANES)
        )
        facts = {"gallery": str(gallery.pk), "register": str(register.pk), "kind": batch.kind}
        record(actor, Action.IMPORT_OPENED, batch, facts)
    return batch


def receive_part(*, actor: Actor, batch: ImportBatch, start: int, data: bytes) -> ImportBatch:
    """Take the next part of an upload; after the last one the import is checked.

    Raises WrongOffset for any other part, so that a part that comes twice is kept once.
    """
    actor.require(Permission.ENROL)
    if not data or len(data) > settings.IMPORT_PART_BYTES:
        raise Fault("import_part_size")
    with new_files(actor.agency) as files:
        batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if batch.stage != ImportStage.UPLOADING:
            raise Fault("import_stage")
        if start != batch.received or start + len(data) > batch.size:
            raise WrongOffset(batch.received)
        ImportPart.objects.create(
            batch=batch,
            start=start,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            file_key=files.put(data),
        )
        batch.received += len(data)
        ImportBatch.objects.filter(pk=batch.pk).update(received=batch.received, touched_at=Now())
        if batch.received == batch.size:
            check_now(batch)
    return batch


def receive_all(*, actor: Actor, batch: ImportBatch, data: bytes) -> ImportBatch:
    """Take a whole small upload, as a form without a script sends it."""
    for start in range(batch.received, len(data), settings.IMPORT_PART_BYTES):
        piece = data[start : start + settings.IMPORT_PART_BYTES]
        batch = receive_part(actor=actor, batch=batch, start=start, data=piece)
    return batch


def check_now(batch: ImportBatch) -> None:
    """Everything is there: have the workers look at it. In the caller's transaction."""
    batch.stage = ImportStage.CHECKING
    ImportBatch.objects.filter(pk=batch.pk).update(stage=batch.stage, touched_at=Now())
    announce(batch, ImportStage.CHECKING)
    ring_lanes(batch)


@transaction.atomic
def last_part(batch: ImportBatch) -> ImportPart | None:
    """The newest part, by which a browser knows that it goes on with the same file."""
    return ImportPart.objects.filter(batch=batch).order_by("-start").first()
