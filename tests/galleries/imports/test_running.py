"""A running import: every file one outcome, also when workers die."""

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import Agency, QuotaCounter
from galleries.models import ImportFile, ImportLane, ImportStage
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
from galleries.services.imports.opening import receive_all
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import FaceImage, Gallery, Subject
from searches.services.galleries import main_register
from tests.factories import make_license
from tests.galleries.imports.cast import NO_FACE, face, recorded, stored_files
from tests.galleries.imports_cast import checked, enrolled, lines, opened, operator, packed, worked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


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
