"""Backups of files that lie in a bucket, by moto's server over HTTP.

A restore from beginning to end into a bucket is in test_restore_drill.py.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.access import files_of
from accounts.models import Agency
from portal.backups import store
from portal.backups.errors import BackupError
from portal.backups.making import make_backup
from portal.backups.manifest import FILES, verify
from portal.backups.restoring import require_empty, restore_files
from portal.keys import KeyProblem
from portal.tenancy import scope
from tests.portal.aws_stand_in import aws, client, names_in, new_bucket

pytestmark = pytest.mark.django_db
AWAY = "s3://candor/x?endpoint=http://127.0.0.1:9&region=eu-central-1"
PICTURES = [b"the face of one person" * 500, b"the face of another" * 500]


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws() as address:
        yield address


@pytest.fixture
def keys(alder: Agency, moto: str, settings: Any) -> list[str]:
    """Two pictures of an agency in a bucket of the portal's; what their rows would name."""
    settings.STORAGE_URL = new_bucket(moto)[1]
    with scope(alder.pk):
        return [files_of(alder.pk).put(picture) for picture in PICTURES]


def restored(alder: Agency, source: Path, keys: list[str]) -> list[bytes]:
    restore_files(source)
    with scope(alder.pk):
        return [files_of(alder.pk).get(key) for key in keys]


def test_what_lay_in_a_bucket_comes_back_in_another_and_in_a_folder(
    alder: Agency, keys: list[str], moto: str, settings: Any, tmp_path: Path
) -> None:
    source = tmp_path / "monday"
    files = make_backup(source, {}).document["files"]
    assert (files["count"], files["gone_meanwhile"]) == (2, 0)
    copied = [path.read_bytes() for path in (source / FILES).rglob("*") if path.is_file()]
    assert sum(map(len, copied)) == files["bytes"]
    assert not any(picture[:20] in sealed for picture in PICTURES for sealed in copied)
    bucket, settings.STORAGE_URL = new_bucket(moto)
    assert restored(alder, source, keys) == PICTURES
    assert restored(alder, source, keys) == PICTURES, "a restore that was interrupted goes on"
    assert len(names_in(bucket)) == 2
    settings.STORAGE_URL, settings.FILES_DIR = "", tmp_path / "folder"
    assert restored(alder, source, keys) == PICTURES


def test_what_goes_while_a_backup_is_made_is_counted(
    alder: Agency, keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = list(store.names())
    with scope(alder.pk):
        files_of(alder.pk).delete(keys[0])
    monkeypatch.setattr(store, "names", lambda: iter(listed))
    files = make_backup(tmp_path / "monday", {}).document["files"]
    assert (files["count"], files["gone_meanwhile"]) == (1, 1)
    assert verify(tmp_path / "monday")


def test_a_damaged_object_is_not_taken_for_the_picture(
    alder: Agency, keys: list[str], moto: str, settings: Any, tmp_path: Path
) -> None:
    """In the bucket before the backup: the backup holds it as it was, and nobody opens it.
    In the backup: it is refused before anything is restored."""
    bucket, prefix = settings.STORAGE_URL[5:].partition("?")[0].split("/")
    name = next(name for name in store.names() if name.rpartition("/")[2] in keys[0])
    sealed = client("s3").get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()
    broken = sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]
    client("s3").put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=broken)
    source = tmp_path / "monday"
    make_backup(source, {})
    settings.STORAGE_URL = new_bucket(moto)[1]
    restore_files(source)
    with scope(alder.pk):
        with pytest.raises(KeyProblem):
            files_of(alder.pk).get(keys[0])
        assert files_of(alder.pk).get(keys[1]) == PICTURES[1]
    (source / FILES / name).write_bytes(broken[:-1])
    bucket, settings.STORAGE_URL = new_bucket(moto)
    with pytest.raises(CommandError, match="backup_damaged"):
        call_command("restore", str(source))
    assert names_in(bucket) == set()
    with pytest.raises(BackupError, match="backup_damaged"):
        restore_files(source)


def test_a_bucket_in_use_and_one_that_does_not_answer_are_refused(
    keys: list[str], settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "monday"
    make_backup(source, {})
    with monkeypatch.context() as patch:
        patch.setattr("portal.backups.restoring.is_empty", lambda connection: True)
        with pytest.raises(BackupError, match="store_not_empty: s3://"):
            require_empty()
        settings.STORAGE_URL = AWAY
        with pytest.raises(BackupError, match="file_store_away"):
            require_empty()
    with pytest.raises(BackupError, match="file_store_away"):
        restore_files(source)
    shutil.rmtree(source)
    with pytest.raises(CommandError, match="file_store_away"):
        call_command("backup", str(source))
    assert [path.name for path in tmp_path.glob("monday*")] == [], "nothing that looks whole"
