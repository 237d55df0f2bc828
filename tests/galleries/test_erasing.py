"""Erasures on committed rows: what goes, what stays, what is refused, and what the receipt says."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import files_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, Kind, QuotaCounter, Role
from galleries.erasing import emptying
from galleries.erasing.needles import read_needles
from galleries.erasing.preview import preview_of_subject
from galleries.erasing.proving import KIND, NotErased, digest_of
from galleries.erasing.rewriting import StillSeen, tables_of
from galleries.erasing.scanning import Scan, scan_tables
from galleries.models import (
    Erasure,
    ErasureCause,
    ErasurePhase,
    ErasureTarget,
    ImportFile,
    ImportPart,
    ReviewItem,
    TableRewrite,
)
from galleries.services import erasing
from portal import signing
from portal.audit.models import AuditEntry
from portal.storage import MissingFile
from portal.tenancy import scope
from searches.faults import Fault
from searches.measuring import measure
from searches.models import (
    Enrolment,
    ErasedFile,
    FaceImage,
    Gallery,
    JobState,
    Probe,
    ScanHolder,
    Search,
    Stage,
    Subject,
)
from searches.services.enrolment import enrol_picture
from searches.services.registers import add_source
from searches.template_rows import count_of_images
from tests.accounts.races import at_once, committed_agency
from tests.factories import (
    make_actor,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    provenance_of,
    unit,
)
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.imports_cast import full_imports
from tests.searches.committed import PICTURE, Place, committed_place, superuser

EACH_TEST_ALONE = True

REASON = "The person asked for it, and nothing keeps it"


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as made, scope(made.agency.pk):
        yield made


def asked(
    place: Place,
    target: ErasureTarget,
    *ids: uuid.UUID | None,
    actor: Actor | None = None,
    **more: Any,
) -> Erasure:
    values: dict[str, Any] = {"cause": ErasureCause.DEMAND, "reason": REASON}
    values["submission_key"] = uuid.uuid4()
    return erasing.request_erasure(
        actor=actor or command_actor("test", place.agency.pk),
        target=target,
        ids=[pk for pk in ids if pk is not None],
        **values | more,
    )


def done(erasure: Erasure) -> Erasure:
    erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.phase) == (JobState.DONE, ErasurePhase.PROVED)
    return erasure


def test_a_picture_goes_with_its_template_files_and_digest(place: Place) -> None:
    image = make_image(place.other, "Q-1", unit(1, 2, 3, 4))
    make_image(place.other, "Q-1", unit(1, 2, 3, 5))
    keys = (image.file_key, image.portrait_key)
    erasure = done(asked(place, ErasureTarget.IMAGES, image.pk))
    gone = FaceImage.every.get(pk=image.pk)
    assert gone.erased_at is not None
    assert (gone.sha256, gone.file_key, gone.portrait_key, gone.face) == ("", "", "", {})
    assert not FaceImage.objects.filter(pk=image.pk).exists()
    assert Subject.objects.filter(reference="Q-1").exists()  # it has another picture
    assert count_of_images([image.pk]) == 0
    for key in keys:
        with pytest.raises(MissingFile):
            files_of(place.agency.pk).get(key)
    assert erasure.counts["images"] == 1
    assert (erasure.counts["templates"], erasure.counts["subjects"]) == (1, 0)


def test_the_last_picture_takes_its_subject_along(place: Place) -> None:
    image = make_image(place.other, "Q-1")
    done(asked(place, ErasureTarget.IMAGES, image.pk))
    assert Subject.every.get(pk=image.subject_id).reference == ""
    assert not Subject.objects.filter(pk=image.subject_id).exists()


def test_a_subject_goes_with_all_pictures(place: Place) -> None:
    images = [make_image(place.other, "Q-1") for _ in range(3)]
    erasure = done(asked(place, ErasureTarget.SUBJECTS, images[0].subject_id))
    assert (erasure.images, erasure.subjects) == (3, 1)
    assert count_of_images([image.pk for image in images]) == 0


def test_a_gallery_goes_part_by_part(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("galleries.erasing.emptying.AT_ONCE", 2)
    bare = Subject.objects.create(gallery=place.gallery, reference="no picture yet")
    images, subjects = place.gallery.subjects.count(), place.gallery.subjects.count()
    erasure = done(asked(place, ErasureTarget.GALLERY, place.gallery.pk))
    assert (erasure.images, erasure.subjects) == (images - 1, subjects)
    assert not Gallery.objects.filter(pk=place.gallery.pk).exists()
    assert Subject.every.get(pk=bare.pk).erased_at is not None
    assert FaceImage.objects.filter(gallery=place.other).count() == 1


def test_an_earlier_candidate_list_keeps_its_ranks_and_loses_the_face(place: Place) -> None:
    search = make_search(place.probe, [place.gallery])
    listed = list(search.candidates.values_list("rank", "subject_id", "similarity"))
    first = search.candidates.get(rank=1)
    done(asked(place, ErasureTarget.SUBJECTS, first.subject_id))
    assert list(search.candidates.values_list("rank", "subject_id", "similarity")) == listed
    first.refresh_from_db()
    assert (first.subject.reference, first.image.file_key) == ("", "")
    again = make_search(place.probe, [place.gallery])
    assert first.subject_id not in again.candidates.values_list("subject_id", flat=True)


def test_a_probe_goes_with_the_searches_on_it(place: Place) -> None:
    probe = make_probe(place.case, PICTURE)
    search = make_search(probe, [place.gallery])
    waiting = make_search(probe, [place.gallery], run=False)
    erasure = done(asked(place, ErasureTarget.PROBE, probe.pk))
    assert (erasure.counts["searches"], erasure.counts["probes"]) == (2, 1)
    left = Probe.objects.get(pk=probe.pk)
    assert (left.file_key, left.faces, left.portrait_keys) == ("", [], [])
    stages = Search.objects.filter(pk__in=[search.pk, waiting.pk]).values_list("stage", flat=True)
    assert set(stages) == {Stage.ERASED}
    assert not search.candidates.exists()


def test_the_same_file_is_not_enrolled_again(place: Place) -> None:
    picture = measure(PICTURE)
    values: dict[str, Any] = {
        "actor": command_actor("test", place.agency.pk),
        "reference": "Q-1",
        "picture": picture,
        "provenance": provenance_of(place.gallery),
    }
    elsewhere = Gallery.objects.create(
        name="Real", source="Custody register", legal_basis="x", source_kind="arrest_photographs"
    )
    actor = command_actor("test", place.agency.pk)
    add_source(actor=actor, gallery=elsewhere, register=provenance_of(place.gallery).register)
    image = enrol_picture(gallery=elsewhere, **values)
    assert isinstance(image, FaceImage)
    done(asked(place, ErasureTarget.IMAGES, image.pk))
    with pytest.raises(Fault, match="file_was_erased"):
        enrol_picture(gallery=elsewhere, **values)
    tombstone = ErasedFile.objects.latest("erased_at")
    assert picture.sha256 not in tombstone.digest


def test_the_receipt_is_signed_and_in_the_record(place: Place) -> None:
    image = make_image(place.other, "Q-1")
    erasure = done(asked(place, ErasureTarget.IMAGES, image.pk))
    document = erasure.document
    assert document is not None
    signing.verify(KIND, document, signing.Signature(erasure.key_id, erasure.signature))
    entry = AuditEntry.objects.get(action="erasure.proved", subject_id=str(erasure.pk))
    assert entry.data["sha256"] == digest_of(document)
    assert document["scan_of_tables"]["files_with_a_vector"] == 0
    assert document["scan_of_tables"]["vectors"] == 1
    assert document["absence"] == {"searches": 1, "found": 0, "templates_left": 0}
    assert bytes(erasure.needles_sealed) == b""
    entries = AuditEntry.objects.filter(action="image.erased", subject_id=str(image.pk))
    assert [one.data["cause"] for one in entries] == ["demand"]


def test_the_scan_finds_what_is_there(place: Place) -> None:
    """The proof can fail: before the rewriting the vector lies in the table's file."""
    wide = make_gallery(place.agency, "Wide")
    image = make_image(wide, "Q-1", unit(*range(1, 129)), contract="c" * 60)
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "rewrite", stopped)
        with pytest.raises(Stopped):
            erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.phase == ErasurePhase.EMPTIED
    with superuser() as connection:
        connection.autocommit = True
        connection.execute("CHECKPOINT")
    scan = scan_tables(tables_of(erasure), read_needles(erasure))
    assert scan is not None
    assert scan.found > 0
    done(erasure)


class Stopped(Exception):
    """Stands for a worker that was killed here."""


def stopped(*_: Any) -> None:
    raise Stopped


@pytest.mark.parametrize("where", ["rewrite", "prove"])
def test_a_stopped_worker_goes_on_where_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    image = make_image(place.other, "Q-1")
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    with monkeypatch.context() as patch:
        patch.setattr(erasing, where, stopped)
        with pytest.raises(Stopped):
            erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == JobState.RUNNING
    assert done(erasure).images == 1
    assert AuditEntry.objects.filter(action="image.erased", subject_id=str(image.pk)).count() == 1


def test_faces_make_room_in_the_license(place: Place) -> None:
    def used() -> int:
        return QuotaCounter.objects.get(kind=Kind.FACE).used

    images = [make_image(place.other, "Q-1") for _ in range(3)]
    before = used()
    done(asked(place, ErasureTarget.IMAGES, *[image.pk for image in images]))
    assert used() == before - 3


def test_the_same_request_twice_erases_once(place: Place) -> None:
    image, key = make_image(place.other, "Q-1"), uuid.uuid4()
    first = asked(place, ErasureTarget.IMAGES, image.pk, submission_key=key)
    done(first)
    again = asked(place, ErasureTarget.IMAGES, image.pk, submission_key=key)
    assert again.pk == first.pk
    assert Erasure.objects.filter(submission_key=key).count() == 1


def test_two_erasures_of_the_same_at_once(place: Place) -> None:
    images = [make_image(place.other, f"Q-{n}") for n in range(4)]
    ids = [image.pk for image in images]
    both = [asked(place, ErasureTarget.IMAGES, *ids), asked(place, ErasureTarget.IMAGES, *ids)]

    def run(erasure: Erasure) -> None:
        with scope(place.agency.pk):
            erasing.run_erasure(erasure.pk)

    at_once(partial(run, both[0]), partial(run, both[1]))
    for erasure in both:
        erasure.refresh_from_db()
    assert [e.state for e in both] == [JobState.DONE, JobState.DONE]
    assert sum(e.images for e in both) == 4


@pytest.mark.parametrize("reason", ["", "short", "x" * 4001])
def test_a_reason_is_needed(place: Place, reason: str) -> None:
    with pytest.raises(Fault, match="erasure_reason_length"):
        asked(place, ErasureTarget.IMAGES, place.stranger.pk, reason=reason)
    assert not Erasure.objects.exists()


def test_nothing_is_erased_that_is_not_there(place: Place, other: Agency) -> None:
    with scope(other.pk):
        theirs = make_other(other)
    for ids in ([], [uuid.uuid4()], [theirs], [place.stranger.pk, theirs]):
        with pytest.raises(Fault, match="erasure_nothing_there"):
            asked(place, ErasureTarget.IMAGES, *ids)
    assert not Erasure.objects.exists()


@pytest.fixture
def other(place: Place) -> Iterator[Agency]:
    with committed_agency() as agency:
        yield agency


def make_other(agency: Agency) -> uuid.UUID:
    return make_image(make_gallery(agency), "X-1").pk


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXAMINER, Role.AUDITOR])
def test_whoever_may_not_erase_erases_nothing(place: Place, role: Role) -> None:
    actor = make_actor(place.agency.pk, "somebody", role)
    with pytest.raises(PermissionDenied):
        asked(place, ErasureTarget.IMAGES, place.stranger.pk, actor=actor)
    assert FaceImage.objects.filter(pk=place.stranger.pk).exists()
    assert not Erasure.objects.exists()


def test_what_was_erased_stays_empty(place: Place) -> None:
    image = make_image(place.other, "Q-1")
    erasure = done(asked(place, ErasureTarget.IMAGES, image.pk))
    for change in ({"erased_at": None}, {"sha256": "0" * 64}, {"file_key": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            FaceImage.every.filter(pk=image.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(document={})
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).delete()


def test_nothing_is_enrolled_under_what_is_empty(place: Place) -> None:
    image = make_image(place.other, "Q-1")
    done(asked(place, ErasureTarget.IMAGES, image.pk))
    gone = Subject.every.get(pk=image.subject_id)
    stray = FaceImage.objects.get(pk=place.stranger.pk)
    with pytest.raises(DatabaseError, match="subject_erased"), transaction.atomic():
        FaceImage.objects.filter(pk=stray.pk).update(subject=gone, gallery=place.other)
    fresh = make_image(place.other, "Q-1")  # the reference is free again
    assert fresh.subject_id != image.subject_id


def test_somebody_elses_old_snapshot_is_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup by another role may still see the rows: nothing is proved before it has ended."""
    monkeypatch.setattr("galleries.erasing.rewriting.WAIT_SECONDS", 0.5)
    image = make_image(place.other, "Q-1")
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    with superuser() as backup:
        backup.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        backup.execute("SELECT count(*) FROM searches_faceimage")
        with pytest.raises(StillSeen):
            erasing.run_erasure(erasure.pk)
        erasure.refresh_from_db()
        assert (erasure.state, erasure.phase) == (JobState.RUNNING, ErasurePhase.EMPTIED)
    done(erasure)


def test_a_table_in_use_is_waited_for_a_moment_at_a_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("galleries.erasing.rewriting.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("galleries.erasing.rewriting.LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr("galleries.erasing.rewriting.PAUSE_SECONDS", 0.1)
    image = make_image(place.other, "Q-1")
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    with superuser() as reader:
        reader.execute("LOCK TABLE searches_subject IN ACCESS SHARE MODE")
        with pytest.raises(StillSeen):
            erasing.run_erasure(erasure.pk)
    done(erasure)


def test_what_a_scan_finds_is_written_anew_once_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another rewriting seemed to cover it."""
    image = make_image(place.other, "Q-1")
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "scan_tables", lambda *_: Scan(files=1, bytes=1, vectors=1, found=1))
        with pytest.raises(NotErased):
            erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.emptied_xid is not None
    covered = TableRewrite.objects.filter(horizon__gt=erasure.emptied_xid)
    assert not covered.exists()
    done(erasure)


def test_a_picture_that_comes_meanwhile_goes_as_well(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image(place.other, "Q-1")
    erasure = asked(place, ErasureTarget.SUBJECTS, image.subject_id)
    came: list[uuid.UUID] = []
    original = emptying._empty_subjects

    def late(ids: set[uuid.UUID]) -> list[uuid.UUID]:
        if not came:
            came.append(make_image(place.other, "Q-1").pk)
        return original(ids)

    monkeypatch.setattr(emptying, "_empty_subjects", late)
    assert done(erasure).images == 2
    assert FaceImage.every.get(pk=came[0]).erased_at is not None
    assert not Subject.objects.filter(pk=image.subject_id).exists()


def test_a_gallery_goes_with_what_is_uploaded_and_held_for_it(place: Place) -> None:
    gallery = make_gallery(place.agency, "Doubles")
    full_imports(gallery)
    checked = checking(make_gallery(place.agency, "Held"))
    enrolled(checked, "P-1", 0)
    item = held(checked, "P-2", 1)
    store = files_of(place.agency.pk)
    assert item.enrolment is not None
    key = item.enrolment.file_key
    for one in (gallery, checked):
        done(asked(place, ErasureTarget.GALLERY, one.pk))
    assert not ImportPart.objects.filter(batch__gallery=gallery).exists()
    assert not ImportFile.objects.filter(batch__gallery=gallery).exists()
    assert not ReviewItem.objects.filter(gallery=checked, state="open").exists()
    assert not Enrolment.objects.filter(gallery=checked).exclude(file_key="").exists()
    with pytest.raises(MissingFile):
        store.get(key)
    checked.refresh_from_db()
    with pytest.raises(Fault, match="gallery_erased"):
        enrolled(checked, "P-9", 90)


def test_the_preview_tells_of_no_search_that_is_not_concluded(place: Place) -> None:
    """Who is among the candidates of another is for its examiners to find out, blind."""
    search = make_search(place.probe, [place.gallery])
    first = search.candidates.get(rank=1)
    assert preview_of_subject(first.subject).lists == 0


def test_no_receipt_before_every_host_has_wiped_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that lives is waited for, one that is lost is struck off and counted."""
    image = make_image(place.other, "Q-1")
    facts = {"contract_pk": 1, "gallery_id": place.other.pk, "seen": "3:3:", "host": uuid.uuid4()}
    ScanHolder.objects.create(**facts, beat_at=timezone.now())
    erasure = asked(place, ErasureTarget.IMAGES, image.pk)
    monkeypatch.setattr("galleries.erasing.unholding.LONGER_SECONDS", -59.9)
    with pytest.raises(StillSeen, match="a host"):
        erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.phase) == (JobState.RUNNING, ErasurePhase.REWRITTEN)
    ScanHolder.objects.update(beat_at=timezone.now() - timedelta(seconds=61))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        (seen,) = cursor.fetchone()
    ScanHolder.objects.create(**facts | {"seen": seen}, beat_at=timezone.now())
    document = done(erasure).document
    assert document is not None
    assert document["memory_of_hosts"] == {"holders": 1, "lost": 1, "scan": None}
    assert ScanHolder.objects.get().seen == seen
