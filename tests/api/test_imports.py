"""Imports by a program: opened, uploaded in parts, watched, acted on; the rejected files."""

import csv
import io
import uuid
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, Role
from accounts.permissions import Permission
from galleries.models import ImportBatch, ImportStage
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Gallery
from tests.api.caller import Caller, caller, code
from tests.factories import make_gallery, person_jpeg
from tests.galleries.imports_cast import checked, enrolled, no_face, opened, packed, worked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        return make_gallery(alder)


@pytest.fixture
def clerk(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN)


def said(size: int, **others: Any) -> dict[str, Any]:
    usual = {"register": "Custody register", "collected_on": "2026-01-02", "name": "a.zip"}
    return usual | {"size": size} | others


def put(clerk: Caller, pk: str, start: object, part: bytes) -> Any:
    headers = {"Upload-Offset": str(start)}
    kind = "application/octet-stream"
    return clerk.call("put", "api_import", pk, data=part, content_type=kind, headers=headers)


def test_a_program_imports(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    data = packed({"P-1/1.jpg": person_jpeg(1)})
    once = {"Idempotency-Key": "night-1"}
    answers = [
        clerk.post("api_imports", gallery.pk, data=said(len(data)), headers=once) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    pk = answers[0].json()["id"]
    assert answers[1].json()["id"] == pk
    assert answers[0]["Location"] == clerk.get("api_import", pk).request["PATH_INFO"]
    wrong = put(clerk, pk, 5, data)
    assert code(wrong) == (409, "import_offset_wrong")
    assert wrong.json()["received"] == 0
    assert code(put(clerk, pk, "x", data)) == (422, "import_request_wrong")
    assert put(clerk, pk, 0, data).json()["stage"] == "checking"
    assert code(put(clerk, pk, len(data), b"x")) == (422, "import_stage")
    with scope(alder.pk):
        worked(ImportBatch.objects.get())
    assert clerk.get("api_import", pk).json()["report"]["waiting"] == 1
    assert clerk.post("api_import_act", pk, "start").json()["stage"] == "running"
    assert code(clerk.post("api_import_act", pk, "start")) == (422, "import_stage")
    assert code(clerk.post("api_import_act", pk, "explode")) == (404, "not_found")
    with scope(alder.pk):
        worked(ImportBatch.objects.get())
    told = clerk.get("api_import", pk).json()
    assert (told["stage"], told["progress"]["enrolled"]) == ("done", 1)
    assert told["progress"]["remaining_seconds"] is None


def test_a_key_in_the_body_counts_as_before(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    body = said(10, submission_key=str(uuid.uuid4()))
    ids = {clerk.post("api_imports", gallery.pk, data=body).json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_what_is_wrong_is_named(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    with scope(alder.pk):
        other = make_gallery(alder, "Missing persons")
        register = other.sources.get().register
    refused = clerk.post("api_imports", gallery.pk, data=said(10, register="Nowhere", name=""))
    assert code(refused) == (422, "input_invalid")
    named = {one["field"]: one["code"] for one in refused.json()["errors"]}
    assert named == {"register": "does_not_exist", "name": "blank"}
    too_large = clerk.post("api_imports", gallery.pk, data=said(10**12, register=register.pk))
    assert code(too_large) == (422, "archive_too_large")
    future = clerk.post("api_imports", gallery.pk, data=said(10, collected_on="2999-01-01"))
    assert code(future) == (422, "collected_in_future")
    with scope(alder.pk):
        assert not ImportBatch.objects.exists()


def test_only_who_enrols_and_only_in_the_own_agency(
    alder: Agency, birch: Agency, gallery: Gallery, clerk: Caller
) -> None:
    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.jpg": person_jpeg(1)}))
        entries = AuditEntry.objects.count()
    looking = Caller(alder, clerk.user, Permission.VIEW_GALLERIES)
    stranger = caller(birch, *Role, name="all")
    lists: list[tuple[str, tuple[Any, ...]]] = [
        ("api_imports", (gallery.pk,)),
        ("api_import", (batch.pk,)),
        ("api_import_rejected", (batch.pk,)),
        ("api_import_rejected_csv", (batch.pk,)),
        ("api_import_rejected_zip", (batch.pk,)),
    ]
    for name, args in lists:
        assert code(looking.get(name, *args)) == (403, "permission_denied")
        assert code(stranger.get(name, *args)) == (404, "not_found")
    assert code(looking.get("api_all_imports"))[0] == 403
    assert stranger.get("api_all_imports").json()["results"] == []
    for act in ("start", "cancel"):
        assert code(looking.post("api_import_act", batch.pk, act))[0] == 403
        assert code(stranger.post("api_import_act", batch.pk, act))[0] == 404
    assert code(put(stranger, str(batch.pk), 0, b"x"))[0] == 404
    assert code(stranger.post("api_imports", gallery.pk, data=said(10)))[0] == 404
    with scope(alder.pk):
        batch.refresh_from_db()
        assert AuditEntry.objects.filter(subject_type="importbatch").count() <= entries
        assert ImportBatch.objects.count() == 1
    assert batch.stage == ImportStage.READY


def test_rejected_files_as_list_table_and_archive(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    files = {"P-1/1.jpg": person_jpeg(1), "P-2/1.jpg": no_face(), "=cmd.txt": b"no"}
    with scope(alder.pk):
        batch = enrolled(gallery, packed(files))
    told = clerk.get("api_import_rejected", batch.pk).json()["results"]
    assert [(one["file"], one["code"], one["has_picture"]) for one in told] == [
        ("P-2/1.jpg", "no_face", True),
        ("=cmd.txt", "image_unknown_format", False),
    ]
    assert told[0]["detail"].startswith("No face was found.")
    chosen = clerk.get("api_import_rejected", batch.pk, query={"code": "no_face"}).json()
    assert [one["subject"] for one in chosen["results"]] == ["P-2"]

    accept = {"Accept": "text/csv"}
    answer = clerk.get("api_import_rejected_csv", batch.pk, headers=accept)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["file", "P-2/1.jpg", "'=cmd.txt"]
    assert code(clerk.get("api_import_rejected_csv", uuid.uuid4(), headers=accept))[0] == 404
    answer = clerk.get("api_import_rejected_zip", batch.pk)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["rejected.csv", "P-2/1.jpg"]
    with scope(alder.pk):
        seen = AuditEntry.objects.filter(action=Action.IMPORT_REJECTIONS_VIEWED)
        assert [entry.data["as"] for entry in seen.order_by("pk")] == ["page", "page", "csv", "zip"]


def test_lists_narrow_by_stage_and_cost_the_same(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    def queries(name: str, *args: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert clerk.get(name, *args).status_code == 200
        return len(asked)

    with scope(alder.pk):
        batch = checked(gallery, packed({"P-1/1.txt": b"x"}))
        opened(gallery, 10)
    wanted: list[tuple[str, tuple[Any, ...]]] = [
        ("api_imports", (gallery.pk,)),
        ("api_all_imports", ()),
        ("api_import_rejected", (batch.pk,)),
    ]
    before = [queries(name, *args) for name, args in wanted]
    with scope(alder.pk):
        many = checked(gallery, packed({f"P-{n}/1.txt": b"x" for n in range(30)}))
        for _ in range(20):
            opened(gallery, 10)
    wanted[2] = ("api_import_rejected", (many.pk,))
    assert [queries(name, *args) for name, args in wanted] == before
    ready = clerk.get("api_all_imports", query={"stage": "uploading", "page_size": "200"}).json()
    assert len(ready["results"]) == 21
    assert code(clerk.get("api_all_imports", query={"stage": "lost"})) == (400, "query_invalid")
