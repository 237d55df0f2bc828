"""The pages of imports: with and without a script, and what they refuse."""

import csv
import io
import uuid
import zipfile

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, Role, User
from galleries.imports_page import progress_of
from galleries.models import ImportBatch, ImportFile, ImportLane, ImportStage
from galleries.services.imports.acts import start_import
from galleries.services.imports.opening import receive_all
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import FaceImage, Gallery, SourceRegister
from tests.conftest import join
from tests.factories import make_gallery, person_jpeg
from tests.galleries.imports_cast import (
    checked,
    enrolled,
    no_face,
    opened,
    operator,
    packed,
    worked,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

MOST_QUERIES = 20


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        return make_gallery(alder)


@pytest.fixture
def clerk(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def values(alder: Agency, **others: object) -> dict[str, object]:
    with scope(alder.pk):
        register = SourceRegister.objects.get()
    usual = {"register": register.pk, "collected_on": "2026-01-02", "submission_key": uuid.uuid4()}
    return usual | others


def the_import(alder: Agency) -> ImportBatch:
    with scope(alder.pk):
        return ImportBatch.objects.get()


# --- Opening --------------------------------------------------------------------------------------


def test_a_small_archive_goes_with_the_form(alder: Agency, gallery: Gallery, clerk: Client) -> None:
    archive = SimpleUploadedFile("people.zip", packed({"P-1/1.jpg": person_jpeg(1)}))
    address = reverse("import_new", args=[gallery.pk])
    answer = clerk.post(address, values(alder, archive=archive))
    batch = the_import(alder)
    assert answer["Location"] == reverse("import", args=[batch.pk])
    assert (batch.stage, batch.name) == (ImportStage.CHECKING, "people.zip")
    with scope(alder.pk):
        worked(batch)
    page = clerk.get(answer["Location"])
    assert b"Enrol 1 picture" in page.content
    clerk.post(reverse("import_start", args=[batch.pk]))
    with scope(alder.pk):
        assert worked(batch).stage == ImportStage.DONE
        assert FaceImage.objects.count() == 1
    assert b"Show the gallery" in clerk.get(answer["Location"]).content


def test_a_script_sends_parts_and_is_told_where_to_go_on(
    alder: Agency, gallery: Gallery, clerk: Client, settings: LazySettings
) -> None:
    settings.IMPORT_PART_BYTES = 3000
    data = packed({"P-1/1.jpg": person_jpeg(1)})
    sent = values(alder, archive_name="people.zip", archive_size=len(data))
    address = reverse("import_new", args=[gallery.pk])
    answers = [clerk.post(address, sent, headers={"Accept": "application/json"}) for _ in range(2)]
    told = answers[0].json()
    assert answers[1].json() == told
    upload = told["upload"]
    assert clerk.head(upload).headers["Upload-Offset"] == "0"
    assert clerk.get(upload).json() == {
        "stage": "uploading",
        "name": "people.zip",
        "size": len(data),
        "received": 0,
        "part": 3000,
        "last": None,
    }

    def put(start: object, part: bytes) -> tuple[int, dict[str, object]]:
        headers = {"Upload-Offset": str(start)}
        kind = "application/octet-stream"
        answer = clerk.put(upload, part, content_type=kind, headers=headers)
        return answer.status_code, answer.json()

    assert put(0, data[:3000]) == (200, {"received": 3000})
    assert put(0, data[:3000]) == (409, {"received": 3000})
    assert put(9000, data[9000:9100]) == (409, {"received": 3000})
    assert put("x", b"x")[0] == 400
    assert put(3000, data[3000:6001])[0] == 422
    last = clerk.get(upload).json()["last"]
    assert (last["start"], last["size"]) == (0, 3000)
    for start in range(3000, len(data), 3000):
        assert put(start, data[start : start + 3000])[0] == 200
    assert clerk.get(upload).json()["stage"] == "checking"
    assert put(len(data), b"x")[1]["code"] == "import_stage"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, b"Choose a ZIP file."),
        ({"archive_size": 10, "register": ""}, b"This field is required"),
        ({"archive_size": 10, "collected_on": "2999-01-01"}, b"collected_in_future"),
        ({"archive_size": 10**12}, b"archive_too_large"),
    ],
)
def test_a_wrong_form_is_shown_again(
    alder: Agency, gallery: Gallery, clerk: Client, changed: dict[str, object], words: bytes
) -> None:
    sent = values(alder, archive_name="people.zip") | changed
    answer = clerk.post(reverse("import_new", args=[gallery.pk]), sent)
    assert answer.status_code == 422
    assert words in answer.content
    with scope(alder.pk):
        assert not ImportBatch.objects.exists()


# --- Looking and acting ---------------------------------------------------------------------------


def test_every_stage_has_its_page(alder: Agency, gallery: Gallery, clerk: Client) -> None:
    data = packed({"P-1/1.jpg": person_jpeg(1), "P-2/1.jpg": no_face(), "P-3/x.txt": b"no"})

    def shows(batch: ImportBatch, *words: str) -> None:
        page = clerk.get(reverse("import", args=[batch.pk]))
        panel = clerk.get(reverse("import", args=[batch.pk]), headers={"HX-Request": "true"})
        for answer in (page, panel):
            assert answer.status_code == 200
            for word in words:
                assert word in answer.content.decode(), word

    with scope(alder.pk):
        batch = opened(gallery, len(data))
    shows(batch, "again to go on", "Cancel the import")
    with scope(alder.pk):
        receive_all(actor=operator(gallery), batch=batch, data=data)
    shows(batch, "Reading the list of files", "hx-get")
    with scope(alder.pk):
        worked(batch)
    shows(batch, "image_unknown_format", "Enrol 2 pictures")
    clerk.post(reverse("import_start", args=[batch.pk]))
    shows(batch, "0 of 2 pictures", "Pause")
    clerk.post(reverse("import_pause", args=[batch.pk]))
    shows(batch, "Paused.", "Resume")
    clerk.post(reverse("import_resume", args=[batch.pk]))
    with scope(alder.pk):
        worked(batch)
    shows(batch, "Show rejected files", "Remove the list of files")
    clerk.post(reverse("import_close", args=[batch.pk]))
    shows(batch, "were removed")
    with scope(alder.pk):
        failed = checked(gallery, b"no archive")
    shows(failed, "archive_unreadable")
    with scope(alder.pk):
        other = checked(gallery, packed({"P-9/1.jpg": person_jpeg(9)}))
    assert (
        "cannot be undone" in clerk.get(reverse("import_cancel", args=[other.pk])).content.decode()
    )
    clerk.post(reverse("import_cancel", args=[other.pk]))
    shows(other, "Cancelled before anything was enrolled.")
    assert clerk.get(reverse("imports", args=[gallery.pk])).status_code == 200


def test_an_act_that_comes_too_late_says_so(alder: Agency, gallery: Gallery, clerk: Client) -> None:
    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.jpg": person_jpeg(1)}))
    for act in ("pause", "resume", "close"):
        answer = clerk.post(reverse(f"import_{act}", args=[batch.pk]), follow=True)
        assert b"The import has moved on meanwhile" in answer.content
    with scope(alder.pk):
        batch.refresh_from_db()
    assert batch.stage == ImportStage.READY


def test_rejected_files_with_their_pictures(alder: Agency, gallery: Gallery, clerk: Client) -> None:
    files = {"P-1/1.jpg": person_jpeg(1), "P-2/1.jpg": no_face(), "=cmd.txt": b"no"}
    with scope(alder.pk):
        batch = enrolled(gallery, packed(files))
        picture = ImportFile.objects.get(batch=batch, code="no_face")
        text = ImportFile.objects.get(batch=batch, code="image_unknown_format")
        done = ImportFile.objects.get(batch=batch, state="enrolled")
    page = clerk.get(reverse("import_rejected", args=[batch.pk])).content.decode()
    assert page.count("<img") == 1
    assert "No face was found." in page
    shown = clerk.get(reverse("import_picture", args=[picture.pk]))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    for other in (text, done):
        assert clerk.get(reverse("import_picture", args=[other.pk])).status_code == 404

    table = clerk.get(reverse("import_rejected_csv", args=[batch.pk])).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert [row[:3] for row in rows] == [
        ["file", "subject", "code"],
        ["P-2/1.jpg", "P-2", "no_face"],
        ["'=cmd.txt", "'=cmd", "image_unknown_format"],
    ]
    answer = clerk.get(reverse("import_rejected_zip", args=[batch.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert archive.namelist() == ["rejected.csv", "P-2/1.jpg"]
        assert archive.read("P-2/1.jpg") == no_face()
        assert archive.testzip() is None
    with scope(alder.pk):
        seen = AuditEntry.objects.filter(action=Action.IMPORT_REJECTIONS_VIEWED)
        assert [entry.data["as"] for entry in seen.order_by("pk")] == ["page", "csv", "zip"]


def test_another_agency_finds_nothing(
    alder: Agency, birch: Agency, gallery: Gallery, client: Client
) -> None:
    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.jpg": person_jpeg(1)}))
        file = ImportFile.objects.get(batch=batch)
    client.force_login(join(birch, "all@birch.example", "All", *Role))
    for name in ("import", "import_upload", "import_rejected", "import_cancel"):
        assert client.get(reverse(name, args=[batch.pk])).status_code == 404
    assert client.get(reverse("import_picture", args=[file.pk])).status_code == 404
    put = client.put(
        reverse("import_upload", args=[batch.pk]), b"x", headers={"Upload-Offset": "0"}
    )
    assert put.status_code == 404
    for act in ("start", "cancel"):
        assert client.post(reverse(f"import_{act}", args=[batch.pk])).status_code == 404
    with scope(alder.pk):
        batch.refresh_from_db()
    assert batch.stage == ImportStage.READY


# --- What it costs --------------------------------------------------------------------------------


def test_pages_cost_the_same_for_few_and_for_many_files(
    alder: Agency, gallery: Gallery, clerk: Client
) -> None:
    def queries(batch: ImportBatch) -> list[int]:
        counts = []
        for name, pk in (
            ("import", batch.pk),
            ("import_rejected", batch.pk),
            ("imports", gallery.pk),
        ):
            with CaptureQueriesContext(connection) as asked:
                assert clerk.get(reverse(name, args=[pk])).status_code == 200
            counts.append(len(asked))
        return counts

    with scope(alder.pk):
        few = checked(gallery, packed({"P-1/1.txt": b"x"}))
    queries(few)
    before = queries(few)
    with scope(alder.pk):
        many = checked(gallery, packed({f"P-{n}/1.txt": b"x" for n in range(60)}))
        for _ in range(20):
            opened(gallery, 10)
    assert queries(many) == before
    assert max(before) <= MOST_QUERIES


def test_rate_and_remaining_time_come_from_what_lanes_note(alder: Agency, gallery: Gallery) -> None:
    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.jpg": person_jpeg(1)}))
        start_import(actor=operator(gallery), batch=batch)
        batch.refresh_from_db()
        batch.report["waiting"] = 1000
        for lane in ImportLane.objects.filter(batch=batch):
            lane.enrolled, lane.pace = 100, [[1000, 0], [1040, 40], [1080, 80], [1090, 100]]
            lane.save()
        progress = progress_of(batch, now=1100.0)
    assert (progress.total, progress.done, progress.left, progress.percent) == (1000, 200, 800, 20)
    assert progress.rate == pytest.approx(2.0)  # each lane 60 files in the last minute
    assert progress.remaining is not None
    assert progress.remaining.total_seconds() == 400


@pytest.mark.parametrize(("held", "words"), [(0, []), (9, ["Review"]), (40, ["Review", "check"])])
def test_the_end_of_an_import_leads_to_what_was_held(
    alder: Agency, gallery: Gallery, held: int, words: list[str]
) -> None:
    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.jpg": person_jpeg(1)}))
        start_import(actor=operator(gallery), batch=batch)
        lane = ImportLane.objects.filter(batch=batch).earliest("pk")
        lane.enrolled, lane.held = 60, held
        lane.save()
        progress = progress_of(batch)
        context = {"batch": batch, "progress": progress, "can": ["manage_galleries"]}
        page = render_to_string("galleries/imports/_stage_ended.html", context)
    links = {
        "Review": f"{reverse('gallery_reviews')}?gallery={gallery.pk}",
        "check": reverse("gallery_quality", args=[gallery.pk]),
    }
    assert [word for word, link in links.items() if f'href="{link}"' in page] == words
