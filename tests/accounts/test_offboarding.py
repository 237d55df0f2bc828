"""The end of a closed agency: its export, what is destroyed and what stays, the receipt."""

import base64
import io
import json
import shutil
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rfc8785
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import (
    Agency,
    AgencyState,
    DestructionReceipt,
    Membership,
    Offboarding,
    Role,
    User,
)
from accounts.offboarding import archive, destroying, tables
from accounts.services.agency_lifecycle import change_agency, close_agency
from accounts.services.offboarding_job import run_offboarding, sweep_offboardings
from portal.agency_folder import Parts
from portal.audit.models import AuditEntry
from portal.keys import KeyProblem
from portal.tenancy import TenantModel, platform_scope, scope, user_scope
from searches.models import CaseNote, Enrolment, FaceImage
from searches.sealed import sealed_texts_of
from searches.services.case_notes import add_note
from tests.accounts.platform_cast import enter
from tests.conftest import PASSWORD, join
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
from tests.factories import working_agency as fill
from tests.second_factor import give_app

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

OPERATOR = command_actor("test", None)
REASON = "The contract has ended"


@pytest.fixture
def closed(alder: Agency, ada: User, models: Path) -> Agency:
    """Alder, closed, with one of everything in it; Ada is its admin."""
    fill(alder)
    change_agency(actor=OPERATOR, agency=alder, contact_name="Cy", contact_email="cy@alder.example")
    return close(alder)


def close(agency: Agency) -> Agency:
    return close_agency(actor=OPERATOR, agency=agency, reason=REASON)


def run(agency: Agency) -> Offboarding:
    """What a worker does when the bell rings."""
    with scope(agency.pk):
        run_offboarding(agency.pk)
    return row_of(agency)


def row_of(agency: Agency) -> Offboarding:
    with scope(agency.pk):
        return Offboarding.objects.get()


@pytest.fixture
def in_the_past(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agencies that are closed now have passed their deadline when their export is finished."""
    settings.OFFBOARDING_DAYS = -2
    monkeypatch.setattr("accounts.services.offboarding_job.LEAST_TIME", timedelta(days=-1))


def download(client: Client, agency: Agency) -> zipfile.ZipFile:
    response = client.post(reverse("export_download", args=[agency.pk]))
    assert response.status_code == 200, response.content
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]


def lines(archived: zipfile.ZipFile, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archived.read(path).splitlines()]


def actions(agency_id: int | None) -> list[str]:
    with scope(agency_id) if agency_id else platform_scope():
        found = AuditEntry.objects.filter(agency_id=agency_id, action__startswith="offboarding.")
        return list(found.order_by("id").values_list("action", flat=True))


def all_rows(agency: Agency) -> dict[str, list[str]]:
    """Every row of an agency, as JSON."""
    with scope(agency.pk), connection.cursor() as cursor:
        found = {}
        for table in tables.tenant_tables():
            cursor.execute(
                f"SELECT to_jsonb(t)::text FROM {table.name} t WHERE agency_id = %s ORDER BY 1",
                [agency.pk],
            )
            found[table.name] = [row[0] for row in cursor.fetchall()]
        return found


def all_files(agency: Agency) -> dict[str, bytes]:
    folder = Path(settings.FILES_DIR) / str(agency.pk)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def destroyed(client: Client, agency: Agency, ada: User) -> Offboarding:
    """Exported, downloaded, confirmed by Ada, destroyed."""
    run(agency)
    client.force_login(ada)
    download(client, agency)
    confirm(client, agency)
    return run(agency)


def confirm(client: Client, agency: Agency, name: str = "alder") -> int:
    address = reverse("export_destroy", args=[agency.pk])
    return client.post(address, {"short_name": name}).status_code


def receipt_of(agency: Agency) -> DestructionReceipt:
    with platform_scope():
        return DestructionReceipt._base_manager.get(agency_id=agency.pk)


# --- The tables ---------------------------------------------------------------------------------


def test_every_table_of_agencies_is_destroyed_or_known_to_stay(db: None) -> None:
    order = [table.name for table in tables.destroyed_tables()]
    every = {table.name for table in tables.tenant_tables()}
    assert set(order) | set(tables.KEPT) == every
    assert not set(order) & set(tables.KEPT)
    for table in tables.destroyed_tables():
        later = order[order.index(table.name) + 1 :]
        assert table.parents & every <= {*later, *tables.KEPT}, table


def test_the_app_role_may_delete_whatever_is_destroyed(db: None) -> None:
    """A table whose rows nobody deletes in daily work must be opened for its agency's end."""
    with connection.cursor() as cursor:
        for table in tables.destroyed_tables():
            cursor.execute("SELECT has_table_privilege(%s, 'DELETE')", [table.name])
            assert cursor.fetchone() == (True,), table.name


# --- The export ---------------------------------------------------------------------------------


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
    named = {(table, c) for table, texts in sealed.items() for c in texts.values()}
    assert columns - named == {  # no texts; what is of no use to the agency is not exported
        ("searches_searchdraft", "entered_sealed"),  # its owner's alone
        ("searches_searchedface", "sealed"),
        ("searches_sharedface", "origin"),
        ("galleries_erasure", "needles_sealed"),
    }
    assert named <= columns
    run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    for table, texts in sealed.items():
        for row in lines(archived, f"tables/{table}.jsonl"):
            assert not set(texts.values()) & set(row), table
            assert all(isinstance(row[name], str) for name in texts), table
            assert "unreadable_texts" not in row

    faces = lines(archived, "tables/searches_searchedface.jsonl")
    assert len(faces) > 0
    assert all("sealed" not in row for row in faces)

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
    monkeypatch.setattr(archive, "PART_BYTES", 300)  # several parts a table
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 2)
    expected = all_rows(closed)
    row = run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    assert archived.testzip() is None
    later = {"audit_auditentry", "accounts_offboarding"}  # they go on while it is written
    for name, rows in expected.items():
        there = lines(archived, f"tables/{name}.jsonl")
        if name not in later:
            assert len(there) == len(rows) == row.exported_rows[name], name
    assert all(
        row.exported_rows[name] for name in expected.keys() - {"accounts_destructionreceipt"}
    )
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


def verified(kind: str, document: dict[str, Any], signature: dict[str, str]) -> bool:
    """As docs/agencies.md says it is done, with nothing of Candor."""
    key = base64.b64decode(document["public_key"])
    assert sha256(key).hexdigest()[:16] == signature["key_id"]
    signed = f"candor {kind}\n".encode() + rfc8785.dumps(document)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature["value"]), signed)
    except InvalidSignature:
        return False
    return True


def test_the_manifest_is_signed_and_covers_every_member(
    closed: Agency, client: Client, ada: User
) -> None:
    row = run(closed)
    client.force_login(ada)
    archived = download(client, closed)
    manifest = json.loads(archived.read("manifest.json"))
    signature = json.loads(archived.read("signature.json"))
    assert verified("agency-export", manifest, signature)
    assert not verified("agency-export", manifest | {"version": 2}, signature)
    assert sha256(rfc8785.dumps(manifest)).hexdigest() == row.export_sha256
    for member in manifest["members"]:
        data = archived.read(member["path"])
        assert sha256(data).hexdigest() == member["sha256"], member
        assert (len(data), len(data.splitlines())) == (member["bytes"], member["rows"])
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
        files_of(closed.pk)._path(image.portrait_key).write_bytes(b"damaged")
        gone = files_of(closed.pk)._path(image.file_key)
    assert run(closed).state == "exported"
    gone.unlink()  # between export and download
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


# --- Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_only_an_admin_of_the_closed_agency_downloads_and_destroys(
    alder: Agency, ada: User, client: Client, role: Role
) -> None:
    person = join(alder, f"{role}@alder.example", "Somebody", role)
    run(close(alder))
    client.force_login(person)
    page = client.get(reverse("home"))
    assert page.status_code == 403
    assert "Alder Police is closed" in page.text
    assert client.get(reverse("closed_agencies")).status_code == 200
    may = role == Role.ADMIN
    before = all_rows(alder), actions(alder.pk)
    assert ("Download the export" in page.text) == may
    address = reverse("export_download", args=[alder.pk])
    response = client.post(address)
    assert response.status_code == (200 if may else 403)
    assert (
        client.get(reverse("export_destroy", args=[alder.pk])).status_code == response.status_code
    )
    if may:
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
    else:
        assert confirm(client, alder) == 403
        assert (all_rows(alder), actions(alder.pk)) == before


def test_strangers_former_members_and_the_platform_get_nothing(
    alder: Agency, ada: User, ana: User, bob: User, nil: User, client: Client
) -> None:
    staff = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    former = join(alder, "former@alder.example", "Former", Role.ADMIN)
    with scope(alder.pk):
        Membership.objects.filter(user=former).update(deactivated_at=timezone.now())
    run(close(alder))
    before = actions(alder.pk)
    for user in (bob, nil, staff, former):
        client.force_login(user)
        for name in ("export_download", "export_destroy"):
            assert client.post(reverse(name, args=[alder.pk])).status_code == 404, (user, name)
    assert actions(alder.pk) == before
    assert row_of(alder).state == "exported"


def test_an_admin_with_another_agency_reaches_the_closed_one(
    alder: Agency, birch: Agency, ada: User, client: Client
) -> None:
    join(birch, ada.email, "Ada", Role.ANALYST)
    run(close(alder))
    client.force_login(ada)
    assert client.get(reverse("home")).status_code == 200
    assert "Download the export" in client.get(reverse("closed_agencies")).text
    assert "accounts_agency.jsonl" in " ".join(download(client, alder).namelist())


def test_a_download_is_recorded_and_destroying_needs_one_to_its_end(
    alder: Agency, ada: User, client: Client
) -> None:
    run(close(alder))
    client.force_login(ada)
    assert confirm(client, alder) == 422
    begun = client.post(reverse("export_download", args=[alder.pk]))
    # Broken off after the first piece; the client's close() would close the test's connection.
    next(iter(begun.streaming_content))  # type: ignore[attr-defined]
    del begun
    assert row_of(alder).downloaded_at is None
    assert confirm(client, alder) == 422
    download(client, alder)
    assert confirm(client, alder, "alder police") == 422
    assert row_of(alder).state == "exported"
    assert confirm(client, alder) == 302
    assert row_of(alder).state == "destroying"
    parts = ["opened", "exported", "download_begun", "download_begun", "downloaded", "confirmed"]
    assert actions(alder.pk) == [f"offboarding.{part}" for part in parts]
    assert client.post(reverse("export_download", args=[alder.pk])).status_code == 422


@pytest.mark.parametrize("name", ["export_download", "export_destroy"])
def test_both_want_a_proof_that_is_minutes_old(
    alder: Agency, ada: User, client: Client, name: str
) -> None:
    run(close(alder))
    client.force_login(ada)
    session = client.session
    for method in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        method["at"] -= 3600
    session.save()
    response = client.post(reverse(name, args=[alder.pk]), {"short_name": "alder"})
    assert response.status_code == 302
    assert "/account/confirm/" in response["Location"]
    assert actions(alder.pk) == ["offboarding.opened", "offboarding.exported"]


# --- The database ------------------------------------------------------------------------------


HASTY = [
    "state = 'destroying', started_at = now()",
    "state = 'destroying', confirmed_at = now()",
    "state = 'destroying', downloaded_at = now()",
    "deadline = now()",
    "closed_at = now() - interval '90 days'",
    "export_sha256 = repeat('0', 64)",
    "exported_at = NULL",
    "state = 'waiting'",
    "state = 'destroyed'",
]


@pytest.mark.parametrize("change", HASTY)
def test_the_database_lets_nobody_hasten_it(alder: Agency, ada: User, change: str) -> None:
    run(close(alder))
    with scope(alder.pk), pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_offboarding SET {change}")


@pytest.mark.parametrize(
    "change", ["state = 'destroying'", "downloaded_at = now()", "claim = NULL"]
)
def test_the_platform_scope_puts_the_deadline_off_and_does_nothing_else(
    alder: Agency, ada: User, change: str
) -> None:
    run(close(alder))
    with platform_scope(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"UPDATE accounts_offboarding SET {change}")
        cursor.execute("UPDATE accounts_offboarding SET deadline = deadline + interval '1 day'")
        assert cursor.rowcount == 1


def test_an_open_agency_cannot_be_exported_for_its_end(alder: Agency) -> None:
    with scope(alder.pk):
        now = timezone.now()
        Offboarding.objects.create(closed_at=now, deadline=now)
        with pytest.raises(DatabaseError, match="only a closed agency"), transaction.atomic():
            Offboarding.objects.update(state="exporting")


def test_a_data_key_goes_with_its_agency_only_and_never_comes_back(
    closed: Agency, client: Client, ada: User
) -> None:
    def set_key(value: bytes) -> None:
        with platform_scope(), transaction.atomic():
            Agency.objects.filter(pk=closed.pk).update(data_key=value)

    with pytest.raises(DatabaseError, match="with its agency only"):
        set_key(b"")
    destroyed(client, closed, ada)
    with pytest.raises(DatabaseError, match="does not come back"):
        set_key(b"another")


def test_receipts_cannot_be_changed(closed: Agency, client: Client, ada: User) -> None:
    destroyed(client, closed, ada)
    for sql in (
        "UPDATE accounts_destructionreceipt SET key_id = 'x'",
        "DELETE FROM accounts_destructionreceipt",
    ):
        with scope(closed.pk), pytest.raises(DatabaseError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql)


# --- The destruction ---------------------------------------------------------------------------


def columns_with_agency() -> list[str]:
    """Every table and partition of the database that has a column agency_id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND a.attname = 'agency_id' AND NOT a.attisdropped"
        )
        return [row[0] for row in cursor.fetchall()]


def test_nothing_of_the_agency_remains_but_what_is_listed(
    closed: Agency, birch: Agency, client: Client, ada: User, tmp_path: Path
) -> None:
    fill(birch)
    others = all_rows(birch), all_files(birch), set(User.objects.values_list("email", flat=True))
    shutil.copytree(settings.FILES_DIR, tmp_path / "backup")
    with scope(closed.pk):
        image = FaceImage.objects.earliest("enrolled_at")
        store = files_of(closed.pk)
        assert store.get(image.file_key)
    row = destroyed(client, closed, ada)
    assert row.state == "destroyed"
    with scope(closed.pk), connection.cursor() as cursor:
        left = set()
        for name in columns_with_agency():
            cursor.execute(f"SELECT count(*) FROM {name} WHERE agency_id = %s", [closed.pk])
            if cursor.fetchone() != (0,):
                left.add(name)
    assert {"audit_auditentry", "accounts_destructionreceipt"} <= left <= set(tables.KEPT)
    with platform_scope():
        stone = Agency.objects.get(pk=closed.pk)
    assert (stone.slug, stone.state, bytes(stone.data_key)) == ("alder", AgencyState.CLOSED, b"")
    assert (stone.contact_name, stone.contact_email, stone.state_reason) == ("", "", "")
    assert not (Path(settings.FILES_DIR) / str(closed.pk)).exists()
    # A backup of the files does not help any more.
    shutil.copytree(tmp_path / "backup", settings.FILES_DIR, dirs_exist_ok=True)
    with scope(closed.pk), pytest.raises(KeyProblem):
        files_of(closed.pk).get(image.file_key)
    shutil.rmtree(Path(settings.FILES_DIR) / str(closed.pk))
    assert (all_rows(birch), all_files(birch)) == others[:2]
    gone = others[2] - set(User.objects.values_list("email", flat=True))
    names = ("ada", "somebody", "examiner-1", "examiner-2", "refusing", "lending-2")
    answering = ("page-0", "handler-one", "handler-two", "taker", "giver-alder")
    assert gone == {f"{name}@alder.example" for name in (*names, *answering)}


def test_people_of_this_agency_alone_are_erased_and_others_keep_their_account(
    closed: Agency, birch: Agency, client: Client, ada: User
) -> None:
    both = User.objects.get(email="somebody@alder.example")
    join(birch, both.email, "Somebody", Role.ANALYST)
    give_app(ada)
    destroyed(client, closed, ada)
    assert not Authenticator.objects.filter(user=ada).exists()
    ada.refresh_from_db()
    assert (ada.email, ada.name, ada.is_active) == (f"erased-{ada.pk}@invalid", "", False)
    assert not ada.has_usable_password()
    with user_scope(ada.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_usersession WHERE user_id = %s", [ada.pk])
        assert cursor.fetchone() == (0,)
    assert client.get(reverse("home")).status_code == 302  # to the log-in
    both.refresh_from_db()
    assert (both.email, both.is_active) == ("somebody@alder.example", True)
    document = receipt_of(closed).document
    assert (document["removed"]["accounts_erased"], document["accounts_kept"]) == (10, 1)


def test_after_the_deadline_it_is_done_without_the_agency(
    in_the_past: None, closed: Agency, bells: list[tuple[str, tuple[object, ...]]]
) -> None:
    assert run(closed).state == "exported"
    bells.clear()
    assert sweep_offboardings() == 1
    row = run(closed)
    assert (row.state, row.confirmed_at, row.downloaded_at) == ("destroyed", None, None)
    document = receipt_of(closed).document
    assert document["cause"] == "deadline passed"
    assert document["export"]["downloaded_at"] is None
    assert sweep_offboardings() == 0


STEPS = ["destroy_key", "remove_files", "remove_rows", "finish"]


class Killed(BaseException):
    """What no code catches, as a kill."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_it_goes_on_from_wherever_it_was_killed(
    closed: Agency,
    client: Client,
    ada: User,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    moment: str,
) -> None:
    run(closed)
    client.force_login(ada)
    download(client, closed)
    confirm(client, closed)
    before = {name: len(rows) for name, rows in all_rows(closed).items()}
    files = all_files(closed)
    original = getattr(destroying, step)

    def killed(*args: Any) -> None:
        if moment == "after":
            original(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(destroying, step, killed)
        with pytest.raises(Killed):
            run(closed)
    row = run(closed)
    assert row.state == "destroyed"
    removed = {name: n for name, n in before.items() if name not in tables.KEPT and n}
    document = receipt_of(closed).document
    assert document["removed"]["rows"] == row.removed_rows == removed
    assert document["removed"]["files"] == len(files)
    assert document["removed"]["bytes"] == sum(map(len, files.values()))
    assert document["data_key_sha256"] == row.key_sha256 != ""
    assert actions(closed.pk).count("offboarding.key_destroyed") == 1
    assert actions(closed.pk).count("offboarding.destroyed") == 1
    assert [m.to for m in mail.outbox if m.attachments] == []  # the mails go with the commit


# --- The receipt -------------------------------------------------------------------------------


def test_the_receipt_says_what_happened_and_is_mailed_with_its_signature(
    closed: Agency, client: Client, ada: User, django_capture_on_commit_callbacks: Any
) -> None:
    fingerprint = sha256(bytes(closed.data_key)).hexdigest()
    with scope(closed.pk):
        active = Membership.objects.filter(roles__contains=[Role.ADMIN], deactivated_at=None)
        others = set(active.values_list("user__email", flat=True))
    run(closed)
    client.force_login(ada)
    download(client, closed)
    confirm(client, closed)
    with django_capture_on_commit_callbacks(execute=True):
        row = run(closed)
    document = receipt_of(closed).document
    assert document["agency"] == {"id": closed.pk, "slug": "alder", "name": "Alder Police"}
    assert document["data_key_sha256"] == fingerprint
    assert document["export"]["manifest_sha256"] == row.export_sha256
    assert document["cause"] == "confirmed by the agency"
    with scope(closed.pk):
        kept = AuditEntry.objects.count()
    assert document["stays"]["audit_auditentry"]["rows"] == kept
    mails = [message for message in mail.outbox if message.attachments]
    told = {"ada@alder.example", "cy@alder.example"}
    assert told | others == {message.to[0] for message in mails}
    name, content, kind = mails[0].attachments[0]
    assert (name, kind) == ("candor-destruction-alder.json", "application/json")
    handed = json.loads(content)
    assert handed["document"] == document
    assert verified("destruction-receipt", handed["document"], handed["signature"])
    assert not verified("destruction-receipt", document | {"version": 2}, handed["signature"])


# --- The platform ------------------------------------------------------------------------------


@pytest.fixture
def inside(client: Client) -> Client:
    """Sue of the platform, in a staff session."""
    sue = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    enter(client, sue)
    return client


def test_staff_see_counts_and_put_the_deadline_off(closed: Agency, inside: Client) -> None:
    row = run(closed)
    address = reverse("admin:accounts_agency_offboarding", args=[closed.pk])
    page = inside.get(address)
    assert page.status_code == 200
    assert row.export_sha256 in page.text
    assert "searches_case" in page.text
    assert "Robbery" not in page.text
    for wrong in ({"days": 0, "reason": REASON}, {"days": 366, "reason": REASON}, {"days": 9}):
        assert inside.post(address, wrong).status_code == 422
    assert inside.post(address, {"days": 9, "reason": "short"}).status_code == 422
    assert row_of(closed).deadline == row.deadline
    assert inside.post(address, {"days": 9, "reason": "A court asked for it"}).status_code == 302
    assert row_of(closed).deadline == row.deadline + timedelta(days=9)
    assert "offboarding.prolonged" in actions(closed.pk)
    assert "offboarding.prolonged" in actions(None)


def test_staff_download_the_receipt_once_there_is_one(
    in_the_past: None, closed: Agency, inside: Client
) -> None:
    address = reverse("admin:accounts_agency_receipt", args=[closed.pk])
    assert inside.get(address).status_code == 404
    run(closed)
    run(closed)
    assert inside.get(address).json()["document"] == receipt_of(closed).document
    assert "offboarding.receipt_viewed" in actions(None)
    page = inside.get(reverse("admin:accounts_agency_offboarding", args=[closed.pk])).text
    assert address in page
    assert "Put the deadline off" not in page
