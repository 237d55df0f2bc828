"""The destruction: nothing remains but what is listed, and a receipt of it."""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.access import files_of
from accounts.models import Agency, AgencyState, Membership, Role, User
from accounts.offboarding import destroying, tables
from accounts.services.offboarding_job import sweep_offboardings
from portal.audit.models import AuditEntry
from portal.keys import KeyProblem
from portal.tenancy import platform_scope, scope, user_scope
from searches.models import FaceImage
from tests.accounts.offboarding.cast import (
    actions,
    all_files,
    all_rows,
    confirm,
    destroyed,
    download,
    receipt_of,
    run,
    verified,
)
from tests.conftest import join
from tests.factories import working_agency as fill
from tests.second_factor import give_app

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


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
    names = ("ada", "somebody", "examiner-1", "examiner-2", "refusing")
    answering = ("page-0", "handler-one", "handler-two", "taker", "giver-alder")
    (lending,) = (email for email in gone if email.startswith("lending-"))  # numbered
    assert gone == {f"{name}@alder.example" for name in (*names, *answering)} | {lending}
    assert lending.endswith("@alder.example")


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
