"""An agency moves: its export from one installation is brought into another."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.faults import Fault as AccountFault
from accounts.models import (
    Agency,
    AgencyImport,
    FormerContent,
    FormerRecord,
    Membership,
    Role,
    User,
)
from accounts.moving.faults import MoveRefused
from accounts.moving.former import former_contents, links_of, verify_kept
from accounts.moving.leftovers import sweep_leftovers
from accounts.moving.mapping import Moving
from accounts.moving.package import opened_package
from accounts.moving.people import bring_people
from accounts.moving.reading import agency_of
from accounts.services.joining import accept_with_password
from galleries.models import Erasure
from galleries.services.erasing import run_erasure
from portal.audit.contents import destroy_content
from portal.audit.models import AuditEntry
from portal.storage import FileStore
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import Case, FaceImage, Gallery, Probe
from tests.accounts.moving import second
from tests.accounts.moving.conftest import MOVED_CASE, Exported, found_by_search
from tests.accounts.moving.forging import ATTACKS, forge
from tests.accounts.moving.snapshot import Snapshot, comparable, snapshot_of
from tests.conftest import PASSWORD, join, licensed
from tests.factories import make_license

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
# What differs by design, and in which columns.
CHANGED = {
    "accounts_membership": {"deactivated_at"},  # until the person accepts
    "accounts_notification": {"subject_id"},
    "galleries_erasure": {"state", "claim", "attempts", "phase", "emptied_at", "emptied_xid"},
    "oversight_misusealert": {"key"},
    "oversight_requestlink": {"token_hash"},
    "searches_examinerloan": {"revoked_at", "revoked_by_label", "lending_agency_id"},
    "searches_gallerygrant": {"revoked_at", "revoked_by_label", "borrower_id"},
    "searches_searchedgrant": {"owner_id"},
}
DIFFERING_ROWS = {"accounts_formerrecord"}  # one more: the record that is closed now


@dataclass(frozen=True)
class Here:
    """The second installation with Alder in it, and how that came."""

    folder: Path
    agency: Agency
    output: str
    mails: dict[str, str]
    after: Snapshot


@pytest.fixture(scope="module")
def moved(
    exported: Exported,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Here:
    folder = tmp_path_factory.mktemp("second")
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        second.there(folder),
    ):
        patch.setattr("portal.tasks._send", lambda *_: None)
        cedar = licensed("Cedar Police", "cedar")
        join(cedar, "cy@cedar.example", "Cy", Role.ADMIN)
        out = io.StringIO()
        call_command("import_agency", str(exported.path), stdout=out)
        mails = {message.to[0]: str(message.body) for message in mail.outbox}
        with platform_scope():
            agency = Agency.objects.get(slug="alder")
        return Here(folder, agency, out.getvalue(), mails, snapshot_of(agency.pk))


@pytest.fixture
def here(moved: Here) -> Iterator[Here]:
    """In the second installation, in no agency's scope."""
    with second.there(moved.folder):
        yield moved


@pytest.fixture
def fresh(exported: Exported, tmp_path: Path) -> Iterator[Path]:
    """The second installation before anything was imported; the folder of its files."""
    with second.there(tmp_path):
        yield tmp_path


def held_here(folder: Path) -> dict[str, object]:
    """What an import that is refused leaves as it is."""
    with platform_scope():
        return {
            "agencies": Agency.objects.count(),
            "imports": AgencyImport.objects.count(),
            "people": User.objects.count(),
            "entries": AuditEntry.objects.filter(agency_id=None).count(),
            "files": [
                path for path in folder.rglob("*") if path.is_file() and "journal" not in str(path)
            ],
        }


def refused(path: Path, *options: str) -> str:
    """The code that the command ends with."""
    with pytest.raises(CommandError) as caught:
        call_command("import_agency", str(path), *options, stdout=io.StringIO())
    return str(caught.value).partition(":")[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_tampered_with_is_refused_and_nothing_stays(
    exported: Exported, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, attack: str
) -> None:
    change, late, code = ATTACKS[attack]
    forged = forge(exported.path, tmp_path_factory.mktemp("forged") / "x.zip", change, late=late)
    with second.there(tmp_path):
        before = held_here(tmp_path)
        assert refused(forged) == code
        assert held_here(tmp_path) == before


def test_what_is_no_export_is_refused(
    fresh: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("none") / "x.zip"
    path.write_bytes(b"PK")
    assert refused(path) == "import_not_readable"


def test_the_key_that_the_operator_was_told_is_asked_for(fresh: Path, exported: Exported) -> None:
    assert refused(exported.path, "--key", "AAAA") == "import_key_differs"


def test_an_installation_does_not_read_its_own_export(exported: Exported) -> None:
    assert refused(exported.path) == "import_own_export"


@pytest.mark.parametrize(("name", "code"), [("cedar", "name_taken"), ("../x", "name_bad")])
def test_the_short_name_has_to_be_free(
    fresh: Path, exported: Exported, name: str, code: str
) -> None:
    with transaction.atomic(), platform_scope():
        agency = Agency(name="Cedar", slug="cedar", data_key=b"x")
        agency.save()
        with opened_package(exported.path) as package, pytest.raises(MoveRefused) as caught:
            agency_of(package, name)
        transaction.set_rollback(True)
    assert caught.value.code == f"import_{code}"


def test_an_address_of_here_is_theirs_only_if_the_operator_says_so(
    fresh: Path, exported: Exported
) -> None:
    with opened_package(exported.path) as package, transaction.atomic():
        user = User.objects.create_user("ada@alder.example", PASSWORD, name="Ada")
        files = FileStore(1, bytes(32))
        moving = Moving(package, 1, "alder", files, timezone.now(), "test")
        with pytest.raises(MoveRefused, match="import_address_taken"):
            bring_people(moving, match=False)
        arrived = bring_people(moving, match=True)
        assert [one.user for one in arrived if not one.is_new] == [user]
        transaction.set_rollback(True)


class Killed(BaseException):
    """What no code catches, as a kill."""


def test_an_import_that_was_killed_leaves_nothing_for_the_next(
    fresh: Path, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held_here(fresh)

    def killed(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("accounts.services.moving.bring_rows", killed)
        patch.setattr("accounts.services.moving.leftovers.give_up", lambda _row: None)
        with pytest.raises(Killed):
            call_command("import_agency", str(exported.path))
    left = held_here(fresh)
    assert len(left["files"]) > 10  # type: ignore[arg-type]
    assert left["agencies"] == before["agencies"]
    assert sweep_leftovers() == 1
    assert held_here(fresh) == before


def without_changed(rows: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {
        table: [{k: v for k, v in row.items() if k not in CHANGED.get(table, ())} for row in held]
        for table, held in rows.items()
    }


def test_every_row_is_there_with_its_texts_and_its_files(exported: Exported, here: Here) -> None:
    before = comparable(Snapshot(without_changed(exported.before.rows), *_rest(exported.before)))
    after = comparable(Snapshot(without_changed(here.after.rows), *_rest(here.after)))
    for table in before.keys() - DIFFERING_ROWS:
        assert after[table] == before[table], table
    assert set(before["accounts_formerrecord"]) < set(after["accounts_formerrecord"])
    brought = set(exported.before.files.values())
    assert brought <= set(here.after.files.values())
    assert "unreadable" not in here.after.files.values()


def _rest(held: Snapshot) -> tuple[dict[str, str], dict[int, str]]:
    return held.files, held.people


def test_numbers_are_those_of_this_installation(exported: Exported, here: Here) -> None:
    assert here.agency.pk != exported.agency.pk
    assert here.agency.state == "active"
    assert bytes(here.agency.data_key) != bytes(exported.agency.data_key)
    with scope(here.agency.pk):
        users = set(Membership.objects.values_list("user_id", flat=True))
    assert users.isdisjoint(exported.before.people)
    with platform_scope():
        row = AgencyImport.objects.get(folder=here.agency.pk)
    assert row.finished_at is not None


def test_no_row_names_another_agency_of_here(here: Here) -> None:
    """Whom galleries and examiners were lent to are strangers' numbers."""
    for table, column in (
        ("searches_gallerygrant", "borrower_id"),
        ("searches_examinerloan", "lending_agency_id"),
        ("searches_searchedgrant", "owner_id"),
    ):
        named = [row[column] for row in here.after.rows[table] if row.get(column) is not None]
        assert all(number < 0 for number in named), table
    open_grants = [
        row
        for row in here.after.rows["searches_gallerygrant"]
        if row["revoked_at"] is None and row["declined_at"] is None
    ]
    assert open_grants == []


def test_licenses_and_secrets_stay_behind(here: Here) -> None:
    for table in (
        *("accounts_license", "accounts_usageentry", "accounts_invoice"),
        *("accounts_apitoken", "accounts_identityprovider", "accounts_webhookendpoint"),
        *("accounts_signonlink", "searches_searchdraft"),
    ):
        assert here.after.rows[table] == [], table
        left = [line for line in here.output.splitlines() if "left behind, " in line]
        assert sum(table in line for line in left) == 1


def test_the_new_record_begins_with_the_old_ones_last_head(here: Here) -> None:
    with scope(here.agency.pk):
        first = AuditEntry.objects.earliest("pk")
        former = FormerRecord.objects.latest("imported_at")
    assert (first.action, first.actor_label) == ("agency.imported", "operator (import_agency)")
    assert first.data["head"] == former.head
    assert first.data["entries"] == former.entries
    with platform_scope():
        own = AuditEntry.objects.filter(agency_id=None, action="agency.imported").get()
    assert own.data == first.data


def test_the_old_record_verifies_and_is_read(exported: Exported, here: Here) -> None:
    out = io.StringIO()
    call_command("verify_record", "--agency", "alder", stdout=out)
    assert out.getvalue().count("OK: nothing is wrong") == 3  # the live one, and two from before
    with scope(here.agency.pk):
        former = FormerRecord.objects.latest("imported_at")
        assert former.key_id != verify_kept(former).name
        with links_of(former) as links:
            entries = [link["entry"] for link in links]
        assert len(entries) == former.entries
        assert {entry["agency"] for entry in entries} == {exported.agency.pk}
        written = [entry["id"] for entry in entries if entry["content"]]
        contents = former_contents(former, written)
        assert {"Another nose", "The person asked for it"} & {
            text for fields in contents.values() for text in fields.values()
        }


def test_what_was_written_in_the_old_record_ends_with_its_search(here: Here) -> None:
    with scope(here.agency.pk):
        former = FormerRecord.objects.latest("imported_at")
        row = FormerContent.objects.filter(record=former, about__startswith="search:").first()
        assert row is not None
        assert former_contents(former, [row.entry]) != {}
        destroy_content(here.agency.pk, search=row.about.removeprefix("search:"))
        assert former_contents(former, [row.entry]) == {}


def test_the_same_agency_is_refused_the_second_time(exported: Exported, here: Here) -> None:
    before = held_here(here.folder)
    assert refused(exported.path, "--as", "alder-again", "--match-people") == "import_known_here"
    assert refused(exported.path) == "import_name_taken"
    assert held_here(here.folder) == before


def test_people_are_invited_and_log_in(here: Here, client: Client) -> None:
    user = User.objects.get(email="ada@alder.example")
    assert not user.has_usable_password()
    link = re.search(r"/invitation/([\w-]+)/", here.mails[user.email])
    assert link is not None
    page = client.get(link.group(0))
    assert page.status_code == 200
    assert 'value="Ada"' in page.content.decode()
    with pytest.raises(AccountFault, match="invitation_refused"):
        accept_with_password(source="test", token=link[1], name="Ada", password="short")
    member = accept_with_password(source="test", token=link[1], name="Ada", password=PASSWORD)
    assert member.roles == ["admin", "analyst", "auditor"]
    assert member.user_id == user.pk
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(user.pk)
    with scope(here.agency.pk):
        assert Membership.objects.get(user=user).deactivated_at is None
    client.force_login(User.objects.get(email=user.email))
    assert client.get(reverse("former_records")).status_code == 200


def test_nobody_else_sees_anything_of_it(here: Here) -> None:
    with platform_scope():
        cedar = Agency.objects.get(slug="cedar")
    with scope(cedar.pk):
        held = snapshot_of(cedar.pk)
        assert not Case.objects.filter(number=MOVED_CASE).exists()
        assert not FormerRecord._base_manager.exists()
        assert not Gallery._base_manager.filter(name="Three people").exists()
    for table in ("searches_case", "searches_template", "accounts_formercontent"):
        assert held.rows[table] == []


def test_it_searches_when_it_has_a_license_and_finds_the_same(
    exported: Exported, here: Here
) -> None:
    with scope(here.agency.pk):
        gallery = Gallery.objects.get(name="Three people")
        probe = Probe.objects.get(case__number=MOVED_CASE)
        with pytest.raises(Fault, match="license_missing"):
            found_by_search(gallery, probe)
        make_license(here.agency)
        assert found_by_search(gallery, probe) == exported.found


def test_an_erasure_that_was_pending_is_done_here(here: Here) -> None:
    with scope(here.agency.pk):
        erasure = Erasure.objects.filter(state="queued").first()
        assert erasure is not None
        assert FaceImage.objects.filter(pk__in=erasure.target_ids).exists()
        run_erasure(erasure.pk)
        erasure.refresh_from_db()
        assert (erasure.state, erasure.phase) == ("done", "proved")
        assert not FaceImage.objects.filter(pk__in=erasure.target_ids).exists()
