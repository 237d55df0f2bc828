"""Pictures into galleries: one by one and by the folder."""

import json
import uuid
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.actor import command_actor
from accounts.models import Agency
from portal.tenancy import scope
from searches.bulk import walk
from searches.engines.synthetic import Identity, Scene, draw_empty, draw_group
from searches.faults import Fault
from searches.images import encode_jpeg
from searches.models import FaceImage, Gallery, JobState, Subject
from searches.services.enrolment import run_enrolment
from searches.vectors import count_templates
from tests.factories import (
    make_enrolment,
    make_gallery,
    make_image,
    person_jpeg,
    unit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


def test_a_picture_is_enrolled_with_its_provenance(gallery: Gallery) -> None:
    enrolment = make_enrolment(gallery, " P-1 ", person_jpeg(1))
    run_enrolment(enrolment.pk)
    enrolment.refresh_from_db()
    image = FaceImage.objects.get()
    assert (enrolment.state, enrolment.image, enrolment.file_key) == (JobState.DONE, image, "")
    assert (image.subject.reference, image.source) == ("P-1", "Custody register")
    assert image.collected_on == date(2026, 1, 2)
    assert image.enrolled_by_label == "operator (test)"
    assert (image.expires_on - image.enrolled_at.date()).days == gallery.retention_days


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (lambda: encode_jpeg(draw_empty(3, size=320)), "no_face"),
        (
            lambda: encode_jpeg(
                draw_group(
                    [Identity.from_seed(1), Identity.from_seed(2)], Scene.from_seed(5, size=640)
                )
            ),
            "several_faces",
        ),
    ],
)
def test_an_unusable_picture_is_rejected_and_forgotten(
    gallery: Gallery, tmp_path: Path, picture: "object", code: str
) -> None:
    enrolment = make_enrolment(gallery, "P-1", picture())  # type: ignore[operator]
    run_enrolment(enrolment.pk)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.failure_code, enrolment.file_key) == ("failed", code, "")
    assert (FaceImage.objects.count(), Subject.objects.count()) == (0, 0)


def test_the_same_file_is_refused_whoever_it_is_said_to_be(gallery: Gallery) -> None:
    run_enrolment(make_enrolment(gallery, "P-1", person_jpeg(1)).pk)
    for reference, code in (("P-1", "duplicate_file"), ("P-2", "duplicate_subject_file")):
        with pytest.raises(Fault) as fault:
            make_enrolment(gallery, reference, person_jpeg(1))
        assert fault.value.code == code
    assert FaceImage.objects.count() == 1


@pytest.mark.parametrize("column", ["source", "legal_basis", "collected_on", "sha256"])
def test_the_database_wants_provenance(gallery: Gallery, column: str) -> None:
    image = make_image(gallery, "P-1")
    with pytest.raises(DatabaseError), transaction.atomic():
        FaceImage.objects.filter(pk=image.pk).update(**{column: None})
    if column != "collected_on":
        with pytest.raises(DatabaseError), transaction.atomic():
            FaceImage.objects.filter(pk=image.pk).update(**{column: "  "})


def test_a_picture_cannot_be_in_another_gallery_than_its_subject(gallery: Gallery) -> None:
    from django.db import connection

    image = make_image(gallery, "P-1")
    other = make_gallery(Agency.objects.get(), "Other")
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        FaceImage.objects.filter(pk=image.pk).update(gallery=other)
    image.pk, image.gallery = uuid.uuid4(), other
    with pytest.raises(DatabaseError, match="foreign key"), transaction.atomic():
        image.save(force_insert=True)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_template_goes_with_its_image(gallery: Gallery) -> None:
    from searches.models import Contract

    image = make_image(gallery, "P-1", unit(1, 0, 0, 0))
    # Contracts are the installation's: other tests of the lane may have left theirs.
    every = [contract.pk for contract in Contract.objects.all()]
    counts = [count_templates(contract_pk=pk, galleries=[gallery.pk]) for pk in every]
    assert sum(counts) == 1
    image.delete()
    assert not any(count_templates(contract_pk=pk, galleries=[gallery.pk]) for pk in every)


# --- A folder -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two people in sub-folders, one as a single file, and what else lies in real folders."""
    root = tmp_path / "pictures"
    for person in (1, 2):
        (root / f"P-{person}").mkdir(parents=True)
        for picture in (0, 1):
            (root / f"P-{person}" / f"{picture}.jpg").write_bytes(person_jpeg(person, picture))
    (root / "P-3.jpg").write_bytes(person_jpeg(3))
    (root / "P-4").mkdir()
    (root / "P-4" / "copy.jpg").write_bytes(person_jpeg(1, 0))
    (root / "P-1" / "9-again.jpg").write_bytes(person_jpeg(1, 0))
    (root / "P-5").mkdir()
    (root / "P-5" / "nobody.jpg").write_bytes(encode_jpeg(draw_empty(3, size=320)))
    (root / "P-5" / "notes.txt").write_text("seen at the station")
    (root / "P-5" / "link.jpg").symlink_to("/etc/passwd")
    (root / ".DS_Store").write_bytes(b"\0")
    return root


def test_a_folder_is_walked_by_subject_in_a_stable_order(folder: Path) -> None:
    found = [(f.reference, f.path.name) for f in walk(folder)]
    assert found[:6] == [
        ("P-1", "0.jpg"),
        ("P-1", "1.jpg"),
        ("P-1", "9-again.jpg"),
        ("P-2", "0.jpg"),
        ("P-2", "1.jpg"),
        ("P-3", "P-3.jpg"),
    ]
    assert ".DS_Store" not in {name for _, name in found}


def enroll(folder: Path, **options: object) -> dict[str, object]:
    out = StringIO()
    call_command(
        "enroll",
        str(folder),
        agency="alder",
        gallery="Folder",
        source="Custody register",
        basis="Police Act",
        processes=1,
        json=True,
        stdout=out,
        **options,
    )
    result: dict[str, object] = json.loads(out.getvalue())
    return result


def test_a_folder_is_enrolled_with_a_reason_for_each_rejected_file_and_again_without_effect(
    alder: Agency, folder: Path
) -> None:
    first = enroll(folder)
    assert (first["files"], first["enrolled"], first["already_enrolled"]) == (10, 5, 0)
    rejected = first["rejected"]
    assert isinstance(rejected, list)
    assert {Path(r["file"]).name: r["code"] for r in rejected} == {
        "copy.jpg": "duplicate_subject_file",
        "9-again.jpg": "duplicate_file",
        "nobody.jpg": "no_face",
        "notes.txt": "image_unknown_format",
        "link.jpg": "not_a_file",
    }
    assert all(r["reason"] for r in rejected)
    second = enroll(folder)
    assert (second["enrolled"], second["already_enrolled"]) == (0, 5)
    assert second["rejected"] == rejected
    with scope(alder.pk):
        assert FaceImage.objects.count() == 5
        references = [subject.reference for subject in Subject.objects.all()]
        assert sorted(references) == ["P-1", "P-2", "P-3"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"agency": "nowhere"}, "no agency"),
        ({"source": "  "}, "must say something"),
        ({"basis": ""}, "must say something"),
        ({"processes": 0}, "at least 1"),
        ({"folder": "/nowhere"}, "not a folder"),
        ({"retention_days": 0}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_command_line_is_refused_and_makes_no_gallery(
    alder: Agency, folder: Path, options: dict[str, object], words: str
) -> None:
    values = {"agency": "alder", "gallery": "G", "source": "S", "basis": "B", **options}
    target = values.pop("folder", str(folder))
    with pytest.raises(CommandError, match=words):
        call_command("enroll", target, **values)
    with scope(alder.pk):
        assert Gallery.objects.count() == 0


def test_who_may_not_enrol_does_not(gallery: Gallery) -> None:
    from dataclasses import replace

    from django.core.exceptions import PermissionDenied

    from searches.services.galleries import create_gallery

    nobody = replace(command_actor("test", gallery.agency_id), permissions=frozenset())
    with pytest.raises(PermissionDenied):
        create_gallery(actor=nobody, name="X", source="s", source_kind="x", legal_basis="b")
    assert Gallery.objects.count() == 1
