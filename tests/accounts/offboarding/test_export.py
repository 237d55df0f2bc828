"""The export of a closed agency: everything that is its own, and no secret."""

import base64
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rfc8785
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, Membership, Offboarding, Role, User
from accounts.offboarding import members as written
from accounts.offboarding import tables
from accounts.services.offboarding_job import sweep_offboardings
from portal.agency_folder import Parts
from portal.blobs import blobs
from portal.tenancy import TenantModel, scope
from searches.models import CaseNote, Enrolment, FaceImage
from searches.sealed import sealed_texts_of
from searches.services.case_notes import add_note
from tests.accounts.offboarding.cast import (
    actions,
    all_files,
    all_rows,
    close,
    download,
    lines,
    row_of,
    run,
    verified,
)
from tests.conftest import join
from tests.factories import (
    CAPTURE,
    CONTRACT,
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    person_jpeg,
    unit,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


def test_closing_opens_it_and_rings_once(
    alder: Agency, ada: User, bells: list[tuple[str, tuple[object, ...]]], settings: Any
) -> None:
    settings.OFFBOARDING_DAYS = 40
    close(alder)
    row = row_of(alder)
    assert (row.state, row.deadline - row.closed_at) == ("waiting", timedelta(days=40))
    assert actions(alder.pk) == ["offboarding.opened"]


def test_the_export_has_sealed_texts_in_clear(closed: Agency, client: Client, ada: User) -> None:
    sealed = {
        model._meta.db_table: sealed_texts_of(model)
        for app in ("searches", "galleries", "oversight")
        for model in apps.get_app_config(app).get_models()
        if issubclass(model, TenantModel) and sealed_texts_of(model)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'bytea'"
            " AND split_part(table_name, '_', 1) IN ('searches', 'galleries', 'oversight')"
        )
        columns = set(cursor.fetchall())
    marks = {
        **dict.fromkeys(("searches_subject", "searches_enrolment"), "reference_mark"),
        **{"galleries_importfile": "reference_mark", "searches_case": "number_mark"},
    }
    named = {(table, c) for table, texts in sealed.items() for c in texts.values()}
    assert columns - named == {  # no texts; what is of no use to the agency is not exported
        ("searches_searchdraft", "entered_sealed"),  # its owner's alone
        ("searches_searchedface", "sealed"),
        ("searches_scanquestion", "sealed"),
        ("searches_sharedface", "origin"),
        ("galleries_erasure", "needles_sealed"),
        *marks.items(),
    }
    assert named <= columns
    run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    for table, texts in sealed.items():
        for row in lines(archived, f"tables/{table}.jsonl"):
            assert not {*texts.values(), marks.get(table)} & set(row), table
            assert all(isinstance(row[name], str) for name in texts), table
            assert "unreadable_texts" not in row

    faces = lines(archived, "tables/searches_searchedface.jsonl")
    assert len(faces) > 0
    assert all(base64.b64decode(row["face"]) and "sealed" not in row for row in faces)

    def texts_of(table: str, name: str) -> set[str]:
        return {row[name] for row in lines(archived, f"tables/{table}.jsonl")}

    reason = "Seen at the harbour on the evening of the robbery"
    assert texts_of("searches_search", "reason") == {"", reason}  # one was refused, and so erased
    assert texts_of("searches_casenote", "text") == {"Seen by a witness"}
    assert texts_of("oversight_subjectrequest", "name") == {"Jo Zhvanetsky"}
    assert texts_of("oversight_requestnote", "text") == {"Called back on Monday"}
    assert all(
        "token_hash" not in row for row in lines(archived, "tables/oversight_requestlink.jsonl")
    )
    assert texts_of("searches_authorization", "reason") == {"The warrant is not valid"}
    assert texts_of("searches_examinationitem", "comment") == {"Another nose"}
    assert texts_of("searches_probe", "capture_place") == {CAPTURE.place}
    assert texts_of("searches_probe", "capture_device") == {CAPTURE.device}
    assert texts_of("searches_followup", "note") == {"Nothing was heard"}


def test_a_text_that_cannot_be_opened_is_named_and_keeps_nothing_back(
    alder: Agency, ada: User, models: Path, client: Client
) -> None:
    with scope(alder.pk):
        case = make_case(alder)
        whole = add_note(actor=command_actor("test", alder.pk), case=case, text="Whole")
        # Another row's text.
        CaseNote.objects.create(case=case, text_sealed=whole.text_sealed, author_label="x")
    run(close(alder))
    client.force_login(ada)
    rows = lines(download(client, alder), "tables/searches_casenote.jsonl")
    assert sorted(str(row["text"]) for row in rows) == ["None", "Whole"]
    assert [row["unreadable_texts"] for row in rows if row["text"] is None] == [["text"]]


def test_the_export_holds_every_row_every_file_and_no_secret(
    closed: Agency, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "PART_BYTES", 300)  # several parts a table
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 2)
    expected = all_rows(closed)
    row = run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    assert archived.testzip() is None
    # They go on while it is written: the export has a signed head of the record made for it.
    later = {"accounts_offboarding", "oversight_delivery", "oversight_recordword"}
    later |= {name for name in expected if name.startswith("audit_")}
    for name, rows in expected.items():
        there = lines(archived, f"tables/{name}.jsonl")
        if name not in later:
            assert len(there) == len(rows) == row.exported_rows[name], name
    empty = {name for name in expected if not row.exported_rows[name]}
    # All entries are linked once the head is signed.
    assert empty == {"accounts_destructionreceipt", "audit_auditpending"}
    (agency,) = lines(archived, "tables/accounts_agency.jsonl")
    assert agency["slug"] == "alder"
    assert "data_key" not in agency
    members = lines(archived, "tables/accounts_membership.jsonl")
    own = next(member for member in members if member["user_id"] == ada.pk)
    assert (own["email"], own["name"], own["roles"]) == (ada.email, "Ada", ["admin"])
    (provider,) = lines(archived, "tables/accounts_identityprovider.jsonl")
    assert "client_secret" not in provider
    assert "digest" not in lines(archived, "tables/accounts_apitoken.jsonl")[0]
    assert "token_hash" not in lines(archived, "tables/accounts_invitation.jsonl")[0]
    files = lines(archived, "files.jsonl")
    with scope(closed.pk):
        store = files_of(closed.pk)
        for entry in files:
            plain = archived.read(entry["path"])
            assert plain == store.get(entry["key"])
            assert (sha256(plain).hexdigest(), len(plain)) == (entry["sha256"], entry["bytes"])
        image = FaceImage.objects.earliest("enrolled_at")
    assert {image.file_key, image.portrait_key} <= {entry["key"] for entry in files}
    assert row.files_total == row.files_done == len(files)


def test_templates_are_half_precision_numbers_with_their_contract(
    alder: Agency, ada: User, client: Client
) -> None:
    vector = unit(0.1, -0.7, 0.5, 0.5)
    with scope(alder.pk):
        make_image(make_gallery(alder), "P-1", vector, CONTRACT.id)
    run(close(alder))
    client.force_login(ada)
    (template,) = lines(download(client, alder), "tables/searches_template.jsonl")
    assert template["contract"].startswith("candor-ec1-sha256:")
    assert template["dimension"] == 4
    half = np.frombuffer(base64.b64decode(template["vector"]), ">f2")
    np.testing.assert_array_equal(half.astype(np.float16), vector.astype(np.float16))


def test_the_manifest_is_signed_and_covers_every_member(
    closed: Agency, client: Client, ada: User
) -> None:
    row = run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    manifest = json.loads(archived.read("manifest.json"))
    signature = json.loads(archived.read("signature.json"))
    assert verified("agency-export", manifest, signature)
    assert not verified("agency-export", manifest | {"version": 3}, signature)
    assert sha256(rfc8785.dumps(manifest)).hexdigest() == row.export_sha256
    for member in manifest["members"]:
        data = archived.read(member["path"])
        assert sha256(data).hexdigest() == member["sha256"], member
        rows = 0 if member["path"] == "record.zip" else len(data.splitlines())
        assert (len(data), rows) == (member["bytes"], member["rows"])
    listed = {member["path"] for member in manifest["members"]}
    listed |= {entry["path"] for entry in lines(archived, "files.jsonl")}
    assert listed | {"manifest.json", "signature.json"} == set(archived.namelist())
    assert manifest["files"]["count"] == len(lines(archived, "files.jsonl"))


def test_what_lies_on_the_disk_is_sealed(closed: Agency) -> None:
    run(closed)
    for name, data in all_files(closed).items():
        for secret in (b"Robbery at the harbour", b"agency_id", b"alder", b"JFIF"):
            assert secret not in data, name


def test_a_damaged_file_keeps_nothing_else_from_its_owner(
    closed: Agency, client: Client, ada: User
) -> None:
    with scope(closed.pk):
        image = FaceImage.objects.earliest("enrolled_at")
        store = files_of(closed.pk)
        blobs().put(store._name(image.portrait_key), b"damaged")
        gone = store._name(image.file_key)
    assert run(closed).state == "exported"
    blobs().delete(gone)  # between export and download
    client.force_login(ada)
    archived = download(client, closed)
    files = {entry["key"]: entry for entry in lines(archived, "files.jsonl")}
    assert files[image.portrait_key] == {"key": image.portrait_key, "error": "file_unreadable"}
    assert json.loads(archived.read("manifest.json"))["files"]["unreadable"] == 1
    (missing,) = lines(archived, "missing.jsonl")
    assert missing["key"] == image.file_key


def test_it_waits_for_work_that_is_still_open(alder: Agency, ada: User, models: Path) -> None:
    with scope(alder.pk):
        enrolment = make_enrolment(make_gallery(alder), "P-1", person_jpeg(1))
    close(alder)
    assert run(alder).state == "waiting"
    with scope(alder.pk):
        Enrolment.objects.filter(pk=enrolment.pk).update(state="failed", failure_code="gave_up")
    assert run(alder).state == "exported"


def test_an_export_that_is_late_leaves_time_to_fetch_it(
    alder: Agency, ada: User, settings: Any
) -> None:
    settings.OFFBOARDING_DAYS = -2
    row = run(close(alder))
    assert row.state == "exported"
    assert timedelta(days=6) < row.deadline - timezone.now() <= timedelta(days=7)
    assert run(alder).state == "exported"


def test_an_interrupted_export_begins_anew_and_leaves_no_part_behind(
    closed: Agency, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Parts.put

    def killed(parts: Any, name: str, plain: bytes) -> None:
        written(parts, name, plain)
        written(parts, "left-over", plain)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            run(closed)
    assert row_of(closed).state == "exporting"
    row = run(closed)
    assert (row.state, row.attempts) == ("exported", 0)
    assert not any("left-over" in name for name in all_files(closed))
    client.force_login(ada)
    assert download(client, closed).testzip() is None


def test_the_admins_learn_once_that_their_export_is_ready(
    closed: Agency,
    ana: User,
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """In their language, with the deadline, whatever the worker does again."""
    settings.BASE_URL = "https://candor.example"
    join(closed, "fay@alder.example", "Fay", Role.ADMIN)
    User.objects.filter(email="fay@alder.example").update(language="fr")
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        run(closed)
        row = run(closed)
    mails = {message.to[0]: message for message in mail.outbox}
    with scope(closed.pk):
        active = Membership.objects.filter(roles__contains=[Role.ADMIN], deactivated_at=None)
        admins = set(active.values_list("user__email", flat=True))
    assert {"ada@alder.example", "fay@alder.example"} <= admins == set(mails)
    assert len(mail.outbox) == len(admins)
    own = mails["ada@alder.example"]
    assert own.subject == "Alder Police: the export of all data is ready"
    assert f"before {row.deadline:%-d %b %Y, %H:%M} (UTC)" in str(own.body)
    assert "https://candor.example/closed/" in str(own.body)
    assert "prêt" in str(mails["fay@alder.example"].subject)


def test_a_mail_server_that_is_away_does_not_fail_the_export(
    closed: Agency,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr("accounts.mails_offboarding.send_mail", away)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert run(closed).state == "exported"
    assert callbacks


def test_the_account_page_leads_people_of_two_agencies_to_the_closed_one(
    client: Client, alder: Agency, birch: Agency, ada: User, ana: User
) -> None:
    link = f'href="{reverse("closed_agencies")}"'
    for person in (ada, ana):
        join(birch, person.email, person.name, Role.ANALYST)
    client.force_login(ada)
    assert link not in client.get(reverse("account")).text
    close(alder)
    page = client.get(reverse("account")).text
    assert link in page
    assert "The end of Alder Police" in " ".join(page.split())


def test_it_gives_up_and_is_tried_again_the_next_day(
    closed: Agency, bells: list[tuple[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Parts, "put", lambda *args: (_ for _ in ()).throw(OSError("full")))
        for _ in range(settings.JOB_MAX_ATTEMPTS):
            with pytest.raises(OSError, match="full"):
                run(closed)
    row = run(closed)
    assert (row.state, row.failure_code) == ("failed", "gave_up")
    assert sweep_offboardings() == 0
    with scope(closed.pk):
        Offboarding.objects.update(rung_at=timezone.now() - timedelta(days=2))
    assert sweep_offboardings() == 1
    row = run(closed)
    assert (row.state, row.failure_code) == ("exported", "")
