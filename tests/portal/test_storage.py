"""Encrypted files and the keys they hang on."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.access import files_of
from accounts.models import Agency
from portal import keys
from portal.datakeys import forget_keys, open_ring
from portal.storage import FileStore, MissingFile
from portal.tenancy import scope

SECRET = b"the face of a person, in plain bytes"


def stored_files() -> list[Path]:
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]


def test_a_file_comes_back_and_lies_encrypted_on_the_disk() -> None:
    store = FileStore(1, os.urandom(32))
    key = store.put(SECRET)
    assert store.get(key) == SECRET
    [path] = stored_files()
    assert SECRET not in path.read_bytes()
    store.delete(key)
    assert stored_files() == []


def test_a_changed_byte_is_noticed() -> None:
    store = FileStore(1, os.urandom(32))
    key = store.put(SECRET)
    [path] = stored_files()
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with pytest.raises(keys.KeyProblem):
        store.get(key)


def test_files_cannot_be_swapped_about() -> None:
    store = FileStore(1, os.urandom(32))
    first, second = store.put(b"one"), store.put(b"two")
    paths = {path.name: path for path in stored_files()}
    paths[first.split("/")[1]].write_bytes(paths[second.split("/")[1]].read_bytes())
    with pytest.raises(keys.KeyProblem):
        store.get(first)


@pytest.mark.parametrize(
    "key", ["2/6a0c33b0-4f0c-4a53-8b8a-6bdb5d1a8f5e", "1/../../etc/passwd", "1/x", "", "1"]
)
def test_a_key_cannot_leave_the_agencys_folder(key: str) -> None:
    with pytest.raises((MissingFile, ValueError)):
        FileStore(1, os.urandom(32)).get(key)


@pytest.mark.django_db
def test_agencies_have_keys_of_their_own(alder: Agency, birch: Agency, settings: Any) -> None:
    with scope(alder.pk):
        key = files_of(alder.pk).put(SECRET)
    with scope(birch.pk), pytest.raises(MissingFile):
        files_of(birch.pk).get(key)
    assert bytes(alder.data_key) != bytes(birch.data_key)
    with pytest.raises(keys.KeyProblem):
        open_ring(bytes(alder.data_key), "agency-data-key:birch")
    settings.MASTER_KEY = os.urandom(32)
    forget_keys()
    with pytest.raises(keys.KeyProblem):
        open_ring(bytes(alder.data_key), "agency-data-key:alder")


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    first = keys.load_or_create(tmp_path / "k" / "master.key")
    assert keys.load_or_create(tmp_path / "k" / "master.key") == first
    assert len(keys.parse(first)) == keys.KEY_BYTES


def test_threads_that_want_the_same_key_get_the_one_in_the_file(tmp_path: Path) -> None:
    """A key that one of them used and the file has not would be lost with what it sealed."""
    for turn in range(40):
        path, gate = tmp_path / str(turn) / "salt", threading.Barrier(4)

        def wanted(path: Path = path, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return keys.load_or_create(path)

        with ThreadPoolExecutor(4) as pool:
            found = [one.result() for one in [pool.submit(wanted) for _ in range(4)]]
        assert set(found) == {path.read_text().strip()}
        assert list(path.parent.iterdir()) == [path]
