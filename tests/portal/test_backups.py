"""Backups: whole or none, verified byte by byte, keys apart, the old ones removed."""

import errno
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.backups import store
from portal.backups.errors import BackupError
from portal.backups.keeping import remove_old
from portal.backups.making import JOURNAL, UNFINISHED, make_backup
from portal.backups.manifest import FILES, FORMAT, Manifest, verify
from portal.backups.restoring import gather_journal, require_versions
from portal.backups.sealed_keys import put_keys_back, write_keys
from portal.erasure_journal import Journal, JournalDamaged, journal
from portal.storage import FileStore

pytestmark = pytest.mark.django_db
PASSPHRASE = "a passphrase that nobody guesses"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for backups, and a store with two files."""
    files = FileStore(1, bytes(32))
    for text in (b"one", b"two"):
        files.put(text)
    return tmp_path / "backups"


def code_of(caught: "pytest.ExceptionInfo[BackupError]") -> str:
    return caught.value.code


def test_a_backup_is_whole_and_every_changed_byte_is_found(place: Path) -> None:
    manifest = make_backup(place / "monday", {})
    document = verify(place / "monday").document
    assert document == manifest.document
    assert document["files"]["count"] == 2
    assert document["database"]["server"] >= 160_000
    assert document["database"]["rows"]["django_migrations"] > 50
    assert "django_session" not in document["database"]["rows"]
    files = [p for p in (place / "monday").rglob("*") if p.is_file()]
    modes = {p.stat().st_mode & 0o077 for p in (place / "monday", *files)}
    assert modes == {0}, "for the owner alone"
    with pytest.raises(BackupError) as again:
        make_backup(place / "monday", {})
    assert code_of(again) == "target_exists"
    for path in files:
        before = path.read_bytes()
        at = len(before) // 2
        path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
        with pytest.raises(BackupError) as caught:
            verify(place / "monday")
        assert code_of(caught) in ("backup_damaged", "wrong_keys"), path
        path.write_bytes(before)
    (place / "monday" / FILES / "more").write_bytes(b"slipped in")
    with pytest.raises(BackupError) as more:
        verify(place / "monday")
    assert code_of(more) == "backup_damaged"


def test_what_fails_leaves_nothing_that_looks_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr(store, "copy_out", full)
    with pytest.raises(BackupError) as caught:
        make_backup(place / "monday", {})
    assert code_of(caught) == "disk_full"
    assert [path.name for path in place.iterdir()] == [JOURNAL] or not list(place.iterdir())
    with pytest.raises(BackupError) as none:
        verify(place / "monday")
    assert code_of(none) == "no_backup"


def test_other_keys_and_newer_versions_are_refused(
    place: Path, settings: Any, tmp_path: Path
) -> None:
    manifest = make_backup(place / "monday", {})
    newer = {**manifest.document["database"], "migrations": ["portal.9999_later"]}
    manifest.document["database"] = newer
    with pytest.raises(BackupError) as version:
        require_versions(manifest)
    assert code_of(version) == "wrong_version"
    newer |= {"migrations": [], "server": 990_000}
    with pytest.raises(BackupError) as server:
        require_versions(manifest)
    assert code_of(server) == "server_older"
    settings.SIGNING_KEY = bytes(32)
    with pytest.raises(BackupError) as keys:
        verify(place / "monday")
    assert code_of(keys) == "wrong_keys"


def test_nothing_is_restored_over_a_database_in_use(place: Path) -> None:
    make_backup(place / "monday", {})
    with pytest.raises(CommandError, match="database_not_empty"):
        call_command("restore", str(place / "monday"))
    with pytest.raises(CommandError, match="nothing_to_finish"):
        call_command("restore", "--finish", str(place / "monday"))


def test_the_oldest_go_and_strangers_stay(place: Path) -> None:
    for day, name in enumerate("cab"):
        (place / name).mkdir(parents=True)
        Manifest({"format": FORMAT, "made_at": f"2026-01-0{day + 1}"}).write(place / name)
    (place / f"d{UNFINISHED}").mkdir()
    (place / "strange").mkdir()
    (place / "strange" / "manifest.json").write_text("{}")
    assert remove_old(place, 2) == [place / "c"]
    assert {p.name for p in place.iterdir()} - {JOURNAL} == {"a", "b", f"d{UNFINISHED}", "strange"}


def test_keys_travel_under_a_passphrase_and_never_with_the_data(
    place: Path, tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path / "var"
    folder = tmp_path / "var" / "keys"
    folder.mkdir(parents=True)
    (folder / "master.key").write_text("the old key")
    sealed = tmp_path / "keys.sealed"
    assert write_keys(sealed, PASSPHRASE) == ["master.key"]
    assert b"the old key" not in sealed.read_bytes()
    (folder / "master.key").write_text("a fresh key")
    with pytest.raises(BackupError) as caught:
        put_keys_back(sealed, "another passphrase")
    assert code_of(caught) == "wrong_passphrase"
    assert (folder / "master.key").read_text() == "a fresh key"
    put_keys_back(sealed, PASSPHRASE)
    assert (folder / "master.key").read_text() == "the old key"
    [aside] = folder.glob("before-*/master.key")
    assert aside.read_text() == "a fresh key"
    (tmp_path / "p").write_text(PASSPHRASE)
    options = ["--keys", str(place / "keys"), "--passphrase-file", str(tmp_path / "p")]
    with pytest.raises(CommandError, match="keys_with_data"):
        call_command("backup", str(place / "monday"), *options)
    assert not place.exists()


def test_the_journal_names_nobody_and_cannot_be_shortened_or_changed(
    place: Path, tmp_path: Path, settings: Any
) -> None:
    gone, other = uuid.uuid4(), uuid.uuid4()
    journal().append("one", {"subjects": [gone]})
    [path] = journal().folder.glob("*.json")
    assert str(gone) not in path.read_text()
    assert gone.hex not in path.read_text()
    digests = journal().erased()["subjects"]
    assert journal().digest("subjects", gone) in digests
    assert journal().digest("subjects", other) not in digests
    assert journal().digest("images", gone) not in digests
    manifest = make_backup(place / "monday", {})
    away = Journal(tmp_path / "away")
    assert away.take_over(Journal(place / JOURNAL)) == 1
    assert away.name == journal().name
    saved = json.loads(path.read_text())
    saved["document"]["digests"] = {}
    path.write_text(json.dumps(saved))
    with pytest.raises(JournalDamaged):
        journal().erased()
    path.unlink()
    with pytest.raises(BackupError) as shorter:
        gather_journal(manifest, [])
    assert code_of(shorter) == "journal_incomplete"
    assert gather_journal(manifest, [away.folder]).erased()["subjects"] == digests
    settings.ERASURE_JOURNAL = tmp_path / "none"
    with pytest.raises(BackupError) as missing:
        gather_journal(manifest, [])
    assert code_of(missing) == "journal_missing"
