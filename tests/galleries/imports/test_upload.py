"""The upload of an import, and the report of what was found in it."""

import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.actor import Actor
from galleries.models import ImportBatch, ImportFile, ImportPart, ImportStage
from galleries.services.imports import clearing
from galleries.services.imports.acts import cancel_import, pause_import, resume_import, start_import
from galleries.services.imports.opening import ImportWish, WrongOffset, open_import, receive_part
from searches.faults import Fault
from searches.models import FaceImage, Gallery, Subject
from searches.services.galleries import main_register
from searches.services.registers import add_register, add_source
from tests.galleries.imports.cast import face, recorded
from tests.galleries.imports_cast import checked, enrolled, lines, opened, operator, packed, worked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_an_upload_in_parts_goes_on_where_it_stopped(
    gallery: Gallery, settings: LazySettings
) -> None:
    settings.IMPORT_PART_BYTES = 1000
    data = packed({"P-1/1.jpg": face(1)})
    batch, actor = opened(gallery, len(data)), operator(gallery)
    batch = receive_part(actor=actor, batch=batch, start=0, data=data[:1000])
    for wrong in (0, 500, 1001):
        with pytest.raises(WrongOffset) as refused:
            receive_part(actor=actor, batch=batch, start=wrong, data=data[wrong : wrong + 900])
        assert refused.value.received == 1000
    with pytest.raises(Fault, match="import_part_size"):
        receive_part(actor=actor, batch=batch, start=1000, data=data[1000:2001])
    for start in range(1000, len(data), 1000):
        part = data[start : start + 1000]
        batch = receive_part(actor=actor, batch=batch, start=start, data=part)
    assert (batch.stage, batch.received) == (ImportStage.CHECKING, len(data))
    assert ImportPart.objects.filter(batch=batch).count() == -(-len(data) // 1000)
    assert worked(batch).stage == ImportStage.READY
    assert lines(batch) == {"P-1/1.jpg": "waiting"}
    assert not ImportPart.objects.filter(batch=batch).exists()
    with pytest.raises(Fault, match="import_stage"):
        receive_part(actor=actor, batch=batch, start=len(data), data=b"x")


def test_parts_are_sealed_on_the_disk(gallery: Gallery) -> None:
    data = packed({"P-1/1.jpg": face(1)}, method=0)
    batch = opened(gallery, len(data))
    receive_part(actor=operator(gallery), batch=batch, start=0, data=data)
    for path in Path(settings.FILES_DIR).rglob("*"):
        assert not path.is_file() or face(1)[:64] not in path.read_bytes()


def test_the_same_submission_opens_one_import(gallery: Gallery) -> None:
    key = uuid.uuid4()
    wish = ImportWish(main_register(gallery), date(2026, 1, 2), "a.zip", 100)
    made = [
        open_import(actor=operator(gallery), gallery=gallery, wish=wish, submission_key=key)
        for _ in range(2)
    ]
    assert made[0].pk == made[1].pk
    assert recorded(made[0]) == ["import.opened"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"register": None}, "import_without_register"),
        ({"size": 0}, "archive_empty"),
        ({"size": 51 * 2**30}, "archive_too_large"),
        ({"collected_on": date(2999, 1, 1)}, "collected_in_future"),
        ({"manifest": b"x", "manifest_name": "list.xlsx"}, "manifest_unreadable"),
    ],
)
def test_what_cannot_become_an_import_is_refused(
    gallery: Gallery, said: dict[str, Any], code: str
) -> None:
    with pytest.raises(Fault, match=code):
        opened(gallery, **{"size": 10} | said)
    assert not ImportBatch.objects.exists()


def test_a_register_that_is_not_the_gallerys_is_refused(gallery: Gallery) -> None:
    register = add_register(
        actor=operator(gallery), name="Other", kind=gallery.source_kind, legal_basis="s. 9"
    )
    with pytest.raises(Fault, match="register_not_of_gallery"):
        opened(gallery, 10, register=register)
    with pytest.raises(DatabaseError), transaction.atomic():
        ImportBatch.objects.create(gallery=gallery, collected_on=date(2026, 1, 1))


def test_whoever_may_not_enrol_opens_nothing(gallery: Gallery) -> None:
    nobody = Actor(None, "x", gallery.agency_id, frozenset(), "test")
    wish = ImportWish(main_register(gallery), date(2026, 1, 2), "a.zip", 100)
    with pytest.raises(PermissionDenied):
        open_import(actor=nobody, gallery=gallery, wish=wish, submission_key=uuid.uuid4())
    batch = checked(gallery, packed({"P-1/1.jpg": face(1)}))
    for act in (start_import, pause_import, resume_import, cancel_import):
        with pytest.raises(PermissionDenied):
            act(actor=nobody, batch=batch)
    batch.refresh_from_db()
    assert batch.stage == ImportStage.READY


def test_the_report_says_everything_before_anything_is_written(gallery: Gallery) -> None:
    enrolled(gallery, packed({"P-9/1.jpg": face(9)}))
    batch = checked(
        gallery,
        packed(
            {
                "P-1/1.jpg": face(1),
                "P-1/2.jpg": face(1, 1),
                "P-2/1.jpg": face(2),
                "P-2/again.jpg": face(2),
                "P-3/1.jpg": face(1),
                "P-9/1.jpg": face(9),
                "P-8/1.jpg": face(9),
                "P-9/2.jpg": face(9, 1),
                "P-4/empty.jpg": b"",
                "P-4/text.jpg": b"this is no picture",
                "P-4/inner.zip": packed({"x": b"y"}),
                "P-4/hidden.jpg": packed({"x": b"y"}),
                "single.jpg": face(5),
                ".DS_Store": b"x",
                "__MACOSX/P-1/._1.jpg": b"x",
            }
        ),
    )
    assert lines(batch) == {
        "P-1/1.jpg": "waiting",
        "P-1/2.jpg": "waiting",
        "P-2/1.jpg": "waiting",
        "P-2/again.jpg": "duplicate_file",
        "P-3/1.jpg": "duplicate_subject_file",
        "P-9/1.jpg": "already",
        "P-8/1.jpg": "duplicate_subject_file",
        "P-9/2.jpg": "waiting",
        "P-4/empty.jpg": "image_empty",
        "P-4/text.jpg": "image_unknown_format",
        "P-4/inner.zip": "nested_archive",
        "P-4/hidden.jpg": "nested_archive",
        "single.jpg": "waiting",
    }
    report = batch.report
    assert (report["waiting"], report["already"], report["rejected"]) == (5, 1, 7)
    assert (report["subjects"], report["known_subjects"]) == (4, 1)
    assert report["codes"]["duplicate_subject_file"] == 2
    assert FaceImage.objects.count() == Subject.objects.count() == 1
    assert recorded(batch) == ["import.opened"]


def test_a_manifest_says_whose_each_file_is(gallery: Gallery) -> None:
    other = add_register(
        actor=operator(gallery), name="Loan", kind=gallery.source_kind, legal_basis="s. 9"
    )
    add_source(actor=operator(gallery), gallery=gallery, register=other)
    add_register(actor=operator(gallery), name="Far", kind=gallery.source_kind, legal_basis="s. 9")
    soon = timezone.localdate() + timedelta(days=30)
    manifest = (
        "\ufeffSubject;File;Register;Collected_on;Expires_on;Eye colour\r\n"
        f"A-1;img/1.jpg;Loan;2025-05-06;{soon};x\r\n"
        "A-1;img/2.jpg;;;;\r\n"
        "A-2;img/3.jpg;Far;;;\r\n"
        "A-3;img/4.jpg;Nowhere;;;\r\n"
        "A-4;img/5.jpg;;31.12.2025;;\r\n"
        "A-5;img/6.jpg;;2999-01-01;;\r\n"
        "A-6;img/7.jpg;;;2020-01-01;\r\n"
        ";img/8.jpg;;;;\r\n"
        "A-7;img/gone.jpg;;;;\r\n"
        "A-8;img/1.jpg;;;;\r\n"
        "A-9;img/9.jpg\r\n"
    )
    files = {f"img/{n}.jpg": face(n) for n in range(1, 11)}
    batch = enrolled(gallery, packed(files | {"manifest.csv": manifest.encode()}))
    assert lines(batch) == {
        "eye colour": "manifest_column_unknown",
        "img/1.jpg": "enrolled",
        "img/2.jpg": "enrolled",
        "img/3.jpg": "register_not_of_gallery",
        "img/4.jpg": "manifest_register_unknown",
        "img/5.jpg": "manifest_date_wrong",
        "img/6.jpg": "collected_in_future",
        "img/7.jpg": "expires_in_past",
        "img/8.jpg": "reference_missing",
        "img/9.jpg": "manifest_without_file",
        "img/10.jpg": "manifest_without_file",
        "img/gone.jpg": "manifest_file_missing",
        "#12": "manifest_line_unreadable",
    } | {"img/1.jpg": lines(batch)["img/1.jpg"]}
    twice = ImportFile.objects.filter(batch=batch, code="manifest_file_twice")
    assert [row.name for row in twice] == ["img/1.jpg"]
    first, second = FaceImage.objects.order_by("enrolled_at", "id")
    assert {first.subject.reference, second.subject.reference} == {"A-1"}
    assert (first.register, first.collected_on, first.expires_on) == (
        other,
        date(2025, 5, 6),
        soon,
    )
    assert second.register == main_register(gallery)
    assert second.collected_on == batch.collected_on


def test_json_lines_beside_the_archive(gallery: Gallery) -> None:
    manifest = (
        '{"subject": "A-1", "file": "1.jpg"}\n\n'
        '{"subject": "A-\\u0000", "file": "2.jpg"}\n'
        '{"subject": 5, "file": "3.jpg"}\n'
        "[]\nnot json\n"
        '{"subject": "A-4", "file": "\\ud800.jpg", "note": "x"}\n'
    )
    files = {f"{n}.jpg": face(n) for n in (1, 2)}
    said = {"manifest": manifest.encode(), "manifest_name": "list.jsonl"}
    batch = checked(gallery, packed(files), **said)
    assert lines(batch) == {
        "1.jpg": "waiting",
        "2.jpg": "reference_unreadable",
        "#4": "manifest_line_unreadable",
        "#5": "manifest_line_unreadable",
        "#6": "manifest_line_unreadable",
        "note": "manifest_column_unknown",
        "\ufffd.jpg": "manifest_file_missing",
    }


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (b"\xff\xfe\x00", "manifest_unreadable"),
        (b'subject,file\n"P-1,1.jpg', "manifest_unreadable"),
        (b"name,picture\nx,y\n", "manifest_column_missing"),
        (b"subject,file,file\nx,y,z\n", "manifest_column_missing"),
        (b"subject,file\n", "manifest_empty"),
        (b"", "archive_unreadable"),
    ],
)
def test_a_manifest_that_cannot_be_read_ends_the_import(
    gallery: Gallery, manifest: bytes, code: str
) -> None:
    data = packed({"1.jpg": face(1), "manifest.csv": manifest}) if manifest else b"no archive"
    batch = checked(gallery, data)
    assert (batch.stage, batch.code) == (ImportStage.FAILED, code)
    assert not ImportFile.objects.filter(batch=batch).exists()
    clearing.clear_import(batch.pk)
    assert not ImportPart.objects.filter(batch=batch).exists()
