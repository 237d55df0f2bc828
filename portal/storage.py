"""Encrypted files: every picture is sealed with its agency's data key before it touches a disk."""

import os
import uuid
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from portal import keys


class MissingFile(Exception):
    """A file that a row refers to is not in the store."""


class FileStore:
    """The files of one agency. A file's key is its identity: content cannot be swapped about."""

    def __init__(self, agency_id: int, data_key: bytes) -> None:
        self._agency_id = agency_id
        self._key = data_key

    def put(self, plain: bytes) -> str:
        """Store bytes under a fresh key; durable when this returns."""
        key = f"{self._agency_id}/{uuid.uuid4()}"
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = keys.seal(self._key, plain, key)
        temporary = path.with_suffix(".part")
        with temporary.open("xb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        return key

    def get(self, key: str) -> bytes:
        """The bytes of a key; raises MissingFile, or KeyProblem when they were tampered with."""
        try:
            sealed = self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise MissingFile(key) from error
        return keys.unseal(self._key, sealed, key)

    def seal_text(self, text: str, identity: str) -> bytes:
        """A text for a column of the database, bound to the place it is for."""
        return keys.seal(self._key, text.encode(), f"text:{identity}")

    def unseal_text(self, sealed: bytes, identity: str) -> str:
        """The inverse; raises KeyProblem for bytes that are not of this place or agency."""
        return keys.unseal(self._key, sealed, f"text:{identity}").decode()

    def seal_bytes(self, plain: bytes, identity: str) -> bytes:
        """The same for bytes that are no text."""
        return keys.seal(self._key, plain, f"bytes:{identity}")

    def unseal_bytes(self, sealed: bytes, identity: str) -> bytes:
        """The inverse; raises KeyProblem as `unseal_text` does."""
        return keys.unseal(self._key, sealed, f"bytes:{identity}")

    def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        agency, _, name = key.partition("/")
        if agency != str(self._agency_id):
            raise MissingFile(key)
        name = str(uuid.UUID(name))
        return Path(settings.FILES_DIR) / agency / name[:2] / name


@lru_cache(maxsize=1024)
def unwrap(wrapped: bytes, identity: str) -> bytes:
    """A data key in the clear. Raises KeyProblem, also for the key of a destroyed agency."""
    return keys.unseal(settings.MASTER_KEY, wrapped, identity)


def forget_keys() -> None:
    """Drop the unwrapped keys that this process remembers."""
    unwrap.cache_clear()


def open_store(agency_id: int, wrapped_key: bytes, identity: str) -> FileStore:
    """The store of an agency, given its wrapped data key and what that is bound to."""
    return FileStore(agency_id, unwrap(wrapped_key, identity))
