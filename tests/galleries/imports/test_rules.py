"""What an import leaves, the database's own rules, and the operator's command."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.access import files_of
from galleries.models import ImportFile, ImportPart, ImportStage
from galleries.services.imports import clearing
from galleries.services.imports.acts import outcomes
from galleries.services.imports.opening import receive_part
from searches.models import FaceImage, Gallery
from tests.factories import make_image
from tests.galleries.imports.cast import NO_FACE, face, stored_files
from tests.galleries.imports_cast import checked, enrolled, lines, opened, operator, packed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_rejected_pictures_stay_until_the_import_is_closed(gallery: Gallery) -> None:
    batch = enrolled(gallery, packed({"P-1/1.jpg": face(1), "P-3/1.jpg": NO_FACE}))
    clearing.clear_import(batch.pk)
    kept = ImportFile.objects.get(batch=batch, state="rejected")
    assert files_of(gallery.agency_id).get(kept.file_key) == NO_FACE
    clearing.close_import(actor=operator(gallery), batch=batch)
    clearing.clear_import(batch.pk)
    assert not ImportFile.objects.filter(batch=batch).exists()
    assert stored_files() == 2
    batch.refresh_from_db()
    assert batch.cleared_at is not None
    assert outcomes(batch)["enrolled"] == 1


def test_old_imports_are_closed_and_forgotten_uploads_cancelled(
    gallery: Gallery, settings: LazySettings
) -> None:
    done = enrolled(gallery, packed({"P-1/1.jpg": face(1), "P-3/1.jpg": NO_FACE}))
    stopped = opened(gallery, 5000)
    receive_part(actor=operator(gallery), batch=stopped, start=0, data=b"x" * 1000)
    clearing.clear_imports()
    stopped.refresh_from_db()
    assert stopped.stage == ImportStage.UPLOADING
    assert ImportFile.objects.filter(batch=done).count() == 2
    settings.IMPORT_KEEP_DAYS = -1
    clearing.clear_imports()
    clearing.clear_imports()
    stopped.refresh_from_db()
    assert stopped.stage == ImportStage.CANCELLED
    assert not ImportFile.objects.exists()
    assert not ImportPart.objects.exists()
    assert stored_files() == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE galleries_importbatch SET stage = 'done', finished_at = now()",
        "UPDATE galleries_importbatch SET stage = 'uploading'",
        "UPDATE galleries_importbatch SET stage = 'running'",
        "UPDATE galleries_importbatch SET collected_on = '2020-01-01'",
        "UPDATE galleries_importbatch SET requested_by_label = 'x'",
        "UPDATE galleries_importfile SET reference_mark = 'x'",
        "UPDATE galleries_importfile SET reference_sealed = 'x'",
        "UPDATE galleries_importfile SET name_sealed = 'x'",
        "UPDATE galleries_importfile SET sha256 = repeat('0', 64)",
        "UPDATE galleries_importfile SET state = 'rejected'",
        "UPDATE galleries_importfile SET state = 'held'",
        "UPDATE galleries_importfile SET state = 'enrolled', file_key = '',"
        " image_id = (SELECT id FROM searches_faceimage LIMIT 1)",
    ],
)
def test_the_database_refuses_what_no_import_does(gallery: Gallery, change: str) -> None:
    make_image(gallery, "P-9")
    batch = checked(gallery, packed({"P-1/1.jpg": face(1)}))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert lines(batch) == {"P-1/1.jpg": "waiting"}


def test_the_command_goes_by_a_manifest(gallery: Gallery, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "1.jpg").write_bytes(face(1))
    (folder / "2.jpg").write_bytes(face(2))
    (tmp_path / "outside.jpg").write_bytes(face(3))
    manifest = tmp_path / "list.csv"
    manifest.write_text(
        "subject,file,collected_on,colour\nA-1,1.jpg,2025-05-06,x\nA-2,2.jpg,soon,x\n"
        "A-3,../outside.jpg,,x\nA-4,gone.jpg,,x\nA-5,1.jpg,,x\n"
    )
    out = io.StringIO()
    call_command(
        "enroll",
        folder,
        agency="alder",
        gallery=gallery.name,
        source=gallery.source,
        basis="s. 1",
        manifest=manifest,
        processes=1,
        json=True,
        stdout=out,
    )
    summary = json.loads(out.getvalue())
    assert (summary["files"], summary["enrolled"]) == (6, 1)
    assert {row["file"]: row["code"] for row in summary["rejected"]} == {
        "colour": "manifest_column_unknown",
        "2.jpg": "manifest_date_wrong",
        "../outside.jpg": "name_unsafe",
        "gone.jpg": "manifest_file_missing",
        "1.jpg": "manifest_file_twice",
    }
    image = FaceImage.objects.get()
    assert (image.subject.reference, image.collected_on) == ("A-1", date(2025, 5, 6))
