"""Imports from the upload to the end: nothing before somebody says so, every file one outcome."""

import io
import json
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import Actor
from accounts.models import Agency, QuotaCounter
from galleries.models import ImportBatch, ImportFile, ImportLane, ImportPart, ImportStage
from galleries.offboarding import has_work
from galleries.services.imports import clearing
from galleries.services.imports.acts import (
    cancel_import,
    outcomes,
    pause_import,
    resume_import,
    start_import,
)
from galleries.services.imports.enrolling import Enrolling
from galleries.services.imports.lanes import run_lane
from galleries.services.imports.opening import (
    ImportWish,
    WrongOffset,
    open_import,
    receive_all,
    receive_part,
)
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import FaceImage, Gallery, Subject
from searches.services.galleries import main_register
from searches.services.registers import add_register, add_source
from tests.factories import make_gallery, make_image, make_license, person_jpeg
from tests.galleries.imports_cast import (
    checked,
    enrolled,
    lines,
    no_face,
    opened,
    operator,
    packed,
    worked,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

SMALL = 112


def face(seed: int, picture: int = 0) -> bytes:
    return person_jpeg(seed, picture, size=SMALL * 2)


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return make_gallery(alder)


def recorded(batch: ImportBatch) -> list[str]:
    entries = AuditEntry.objects.filter(subject_type="importbatch", subject_id=str(batch.pk))
    return [entry.action for entry in entries.order_by("pk")]


def stored_files() -> int:
    """Files in the store, after what waits for a commit was done."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for entry in waiting:
        entry[1]()
    return sum(path.is_file() for path in Path(settings.FILES_DIR).rglob("*"))


# --- The upload -----------------------------------------------------------------------------------


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


# --- The report -----------------------------------------------------------------------------------


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


# --- Running --------------------------------------------------------------------------------------


def test_every_file_has_one_outcome_and_one_entry(gallery: Gallery) -> None:
    data = packed({"P-1/1.jpg": face(1), "P-2/1.jpg": face(2), "P-3/1.jpg": NO_FACE})
    batch = enrolled(gallery, data)
    assert batch.stage == ImportStage.DONE
    assert lines(batch) == {
        "P-1/1.jpg": "enrolled",
        "P-2/1.jpg": "enrolled",
        "P-3/1.jpg": "no_face",
    }
    assert outcomes(batch) == {"enrolled": 2, "already": 0, "held": 0, "rejected": 1}
    assert recorded(batch) == ["import.opened", "import.started", "import.finished"]
    done = AuditEntry.objects.get(action=Action.IMPORT_FINISHED).data
    assert (done["enrolled"], done["rejected"]) == (2, 1)
    assert AuditEntry.objects.filter(action=Action.IMAGE_ENROLLED).count() == 2
    rejected = AuditEntry.objects.get(action=Action.IMAGE_REJECTED)
    assert rejected.data == {"gallery": str(gallery.pk), "code": "no_face"}
    # Two pictures with their portraits, and the rejected one.
    assert stored_files() == 5
    assert QuotaCounter.objects.get(kind="face", period="standing").used == 2


def test_the_same_archive_again_changes_nothing(gallery: Gallery) -> None:
    data = packed({"P-1/1.jpg": face(1), "P-2/1.jpg": face(2)})
    enrolled(gallery, data)
    before = stored_files()
    again = checked(gallery, data)
    assert set(lines(again).values()) == {"already"}
    with pytest.raises(Fault, match="import_nothing_to_enrol"):
        start_import(actor=operator(gallery), batch=again)
    assert stored_files() == before
    assert FaceImage.objects.count() == 2


def test_a_file_that_was_enrolled_since_the_check_is_there_already(gallery: Gallery) -> None:
    data = packed({"P-1/1.jpg": face(1), "P-2/1.jpg": face(2)})
    first, second = checked(gallery, data), checked(gallery, data)
    other = checked(gallery, packed({"Q-1/1.jpg": face(1)}))
    for batch in (first, second, other):
        start_import(actor=operator(gallery), batch=batch)
        worked(batch)
    assert set(lines(second).values()) == {"already"}
    assert outcomes(second)["already"] == 2
    assert lines(other) == {"Q-1/1.jpg": "duplicate_subject_file"}
    assert FaceImage.objects.count() == 2


def test_paused_between_files_and_resumed(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(gallery, packed({f"P-{n}/1.jpg": face(n) for n in range(1, 5)}))
    actor = operator(gallery)
    start_import(actor=actor, batch=batch)
    close = Enrolling._close

    def closing(self: Enrolling, *args: object, **fields: object) -> None:
        close(self, *args, **fields)  # type: ignore[arg-type]
        if ImportFile.objects.filter(state="enrolled").count() == 2:
            pause_import(actor=actor, batch=batch)

    monkeypatch.setattr(Enrolling, "_close", closing)
    assert worked(batch).stage == ImportStage.PAUSED
    monkeypatch.undo()
    assert sorted(lines(batch).values()) == ["enrolled"] * 2 + ["waiting"] * 2
    run_lane(ImportLane.objects.filter(batch=batch)[0].pk)  # a bell from before the pause
    assert outcomes(batch)["enrolled"] == 2
    resume_import(actor=actor, batch=batch)
    assert worked(batch).stage == ImportStage.DONE
    assert outcomes(batch)["enrolled"] == 4
    assert recorded(batch)[2:] == ["import.paused", "import.resumed", "import.finished"]


def test_cancelled_while_a_file_is_measured(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(gallery, packed({f"P-{n}/1.jpg": face(n) for n in range(1, 4)}))
    start_import(actor=operator(gallery), batch=batch)

    def cancel(*args: object, **values: object) -> object:
        cancel_import(actor=operator(gallery), batch=batch)
        return original(*args, **values)  # type: ignore[arg-type]

    original = Enrolling._write
    monkeypatch.setattr(Enrolling, "_write", cancel)
    assert worked(batch).stage == ImportStage.CANCELLED
    assert set(lines(batch).values()) == {"cancelled"}
    assert FaceImage.objects.count() == Subject.objects.count() == 0
    assert QuotaCounter.objects.filter(kind="face", used__gt=0).count() == 0
    clearing.clear_import(batch.pk)
    assert stored_files() == 0


def test_quota_used_up_pauses_and_rejects_nothing(alder: Agency, gallery: Gallery) -> None:
    make_license(alder, faces=2)
    batch = enrolled(gallery, packed({f"P-{n}/1.jpg": face(n) for n in range(1, 5)}))
    assert (batch.stage, batch.code) == (ImportStage.PAUSED, "quota_used_up")
    assert sorted(lines(batch).values()) == ["enrolled"] * 2 + ["waiting"] * 2
    make_license(alder)
    resume_import(actor=operator(gallery), batch=batch)
    assert worked(batch).stage == ImportStage.DONE
    assert (batch.code, outcomes(batch)["enrolled"]) == ("", 4)


def test_a_retired_register_pauses_the_import(gallery: Gallery) -> None:
    batch = checked(gallery, packed({"P-1/1.jpg": face(1)}))
    start_import(actor=operator(gallery), batch=batch)
    register = main_register(gallery)
    register.retired_at = timezone.now()
    register.save()
    assert worked(batch).stage == ImportStage.PAUSED
    assert batch.code == "register_retired"
    assert lines(batch) == {"P-1/1.jpg": "waiting"}


def test_an_agency_that_is_closed_stops_its_imports(
    alder: Agency, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = checked(gallery, packed({"P-1/1.jpg": face(1)}))
    start_import(actor=operator(gallery), batch=running)
    data = packed({"P-2/1.jpg": face(2)})
    checking = opened(gallery, len(data))
    receive_all(actor=operator(gallery), batch=checking, data=data)
    assert has_work(alder.pk)
    monkeypatch.setattr("galleries.services.imports.lanes.is_working", lambda agency_id: False)
    assert worked(running).stage == ImportStage.PAUSED
    assert worked(checking).stage == ImportStage.FAILED
    assert running.code == checking.code == "agency_suspended"
    assert not has_work(alder.pk)
    assert not FaceImage.objects.exists()


# --- Workers that die -----------------------------------------------------------------------------


class Killed(BaseException):
    pass


def test_a_file_whose_worker_died_is_taken_up_by_its_lane(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = checked(gallery, packed({f"P-{n}/1.jpg": face(n) for n in range(1, 4)}))
    start_import(actor=operator(gallery), batch=batch)
    dying, other = ImportLane.objects.filter(batch=batch)

    def die(*args: object, **values: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("galleries.services.imports.enrolling.write_picture", die)
        with pytest.raises(Killed):
            run_lane(dying.pk)
    held = ImportFile.objects.get(lane=dying)
    assert held.state == "waiting"
    while outcomes(batch)["enrolled"] < 2:
        run_lane(other.pk)
    batch.refresh_from_db()
    assert batch.stage == ImportStage.RUNNING  # the file of the dead one is still open
    run_lane(dying.pk)
    assert worked(batch).stage == ImportStage.DONE
    assert set(lines(batch).values()) == {"enrolled"}
    held.refresh_from_db()
    assert held.attempts == 1


def test_a_file_that_kills_every_worker_is_given_up(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.JOB_MAX_ATTEMPTS = 3
    batch = checked(gallery, packed({"P-1/1.jpg": face(1), "P-2/1.jpg": face(2)}))
    start_import(actor=operator(gallery), batch=batch)
    lane = ImportLane.objects.filter(batch=batch)[0]

    def die(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("galleries.services.imports.enrolling.measure", die)
        for _ in range(3):
            with pytest.raises(Killed):
                run_lane(lane.pk)
    assert worked(batch).stage == ImportStage.DONE
    assert lines(batch) == {"P-1/1.jpg": "gave_up", "P-2/1.jpg": "enrolled"}


def test_bells_from_before_the_last_one_are_void(
    gallery: Gallery, bells: list[tuple[str, tuple[object, ...]]], settings: LazySettings
) -> None:
    settings.IMPORT_SLICE_SECONDS = 0
    batch = checked(gallery, packed({f"P-{n}/1.jpg": face(n) for n in range(1, 5)}))
    start_import(actor=operator(gallery), batch=batch)
    lane = ImportLane.objects.filter(batch=batch)[0]
    run_lane(lane.pk)
    assert outcomes(batch)["enrolled"] == 1
    lane.refresh_from_db()
    run_lane(lane.pk, lane.beat - 1)
    assert outcomes(batch)["enrolled"] == 1
    run_lane(lane.pk, lane.beat)
    assert outcomes(batch)["enrolled"] == 2


# --- What stays -----------------------------------------------------------------------------------


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


# --- The database's own rules ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE galleries_importbatch SET stage = 'done', finished_at = now()",
        "UPDATE galleries_importbatch SET stage = 'uploading'",
        "UPDATE galleries_importbatch SET stage = 'running'",
        "UPDATE galleries_importbatch SET collected_on = '2020-01-01'",
        "UPDATE galleries_importbatch SET requested_by_label = 'x'",
        "UPDATE galleries_importfile SET reference = 'x'",
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


NO_FACE = no_face()


# --- The operator's command -----------------------------------------------------------------------


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
