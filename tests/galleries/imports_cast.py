"""Imports for tests: archives made in memory, opened, checked and run without a queue."""

import io
import uuid
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any

from PIL import Image

from accounts.actor import Actor, command_actor
from galleries.models import ImportBatch, ImportFile, ImportLane
from galleries.services.imports.acts import start_import
from galleries.services.imports.lanes import run_lane
from galleries.services.imports.opening import ImportWish, open_import, receive_all, receive_part
from searches.models import Gallery
from searches.services.galleries import main_register

SLICES = 200


def no_face() -> bytes:
    """A picture of nobody, which can be opened and shown."""
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG")
    return out.getvalue()


def packed(
    files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """A ZIP file of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def operator(gallery: Gallery) -> Actor:
    return command_actor("test", gallery.agency_id)


def opened(gallery: Gallery, size: int, **said: Any) -> ImportBatch:
    """An import that waits for its upload."""
    usual: dict[str, Any] = {
        "register": main_register(gallery),
        "collected_on": date(2026, 1, 2),
        "name": "pictures.zip",
        "size": size,
    }
    wish = ImportWish(**usual | said)
    return open_import(
        actor=operator(gallery), gallery=gallery, wish=wish, submission_key=uuid.uuid4()
    )


def checked(gallery: Gallery, data: bytes, **said: Any) -> ImportBatch:
    """An import that was uploaded and looked at."""
    batch = opened(gallery, len(data), **said)
    receive_all(actor=operator(gallery), batch=batch, data=data)
    return worked(batch)


def enrolled(gallery: Gallery, data: bytes, **said: Any) -> ImportBatch:
    """An import brought to its end."""
    batch = checked(gallery, data, **said)
    start_import(actor=operator(gallery), batch=batch)
    return worked(batch)


def worked(batch: ImportBatch) -> ImportBatch:
    """Let the lanes work in turns until nothing of it is worked on any more."""
    for _ in range(SLICES):
        batch.refresh_from_db()
        if not batch.is_worked_on:
            return batch
        for lane in ImportLane.objects.filter(batch=batch):
            run_lane(lane.pk)
    raise AssertionError(f"{batch} does not end")


def lines(batch: ImportBatch) -> dict[str, str]:
    """State of each file, or its code when it was rejected."""
    rows = ImportFile.objects.filter(batch=batch)
    return {row.name: row.code or row.state for row in rows}


def full_imports(gallery: Gallery) -> tuple[ImportBatch, ImportBatch]:
    """An import of one rejected picture that is done, and one whose upload has begun."""
    done = enrolled(gallery, packed({"P-77/1.jpg": no_face()}))
    begun = opened(gallery, 1000)
    receive_part(actor=operator(gallery), batch=begun, start=0, data=b"PK")
    return done, begun
