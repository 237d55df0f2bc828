"""Encrypted files: every picture is sealed before it touches a disk.

A file's own key is made of its agency's data key and a secret that stands in the row that refers
to the file and nowhere else. So a file is noise as soon as its row is gone, wherever a copy of it
lies; and a dump of the rows reads no file without the agency's key.
"""

import hmac
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from portal import keys
from portal.metrics.instruments import STORAGE_ERRORS


class MissingFile(Exception):
    """A file that a row refers to is not in the store."""


SECRET_BYTES = 16


@contextmanager
def _counted(operation: str) -> Iterator[None]:
    """Errors of the store are counted by their kind, and go on."""
    try:
        yield
    except (OSError, MissingFile, keys.KeyProblem) as error:
        STORAGE_ERRORS.labels(operation, type(error).__name__).inc()
        raise


class FileStore:
    """The files of one agency. A file is named "AGENCY/ID/SECRET" in its row, and ID on the disk.

    What is sealed is bound to agency and id: content cannot be swapped about.
    """

    def __init__(self, agency_id: int, data_key: bytes) -> None:
        self._agency_id = agency_id
        self._key = data_key

    @_counted("write")
    def put(self, plain: bytes) -> str:
        """Store bytes under a fresh key; durable when this returns."""
        place = f"{self._agency_id}/{uuid.uuid4()}"
        key = f"{place}/{secrets.token_urlsafe(SECRET_BYTES)}"
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = keys.seal(self._key_of(key), plain, place)
        temporary = path.with_suffix(".part")
        with temporary.open("xb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        return key

    @_counted("read")
    def get(self, key: str) -> bytes:
        """The bytes of a key; raises MissingFile, or KeyProblem when they were tampered with."""
        try:
            sealed = self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise MissingFile(key.rsplit("/", 1)[0]) from error  # a secret belongs in no log
        return keys.unseal(self._key_of(key), sealed, "/".join(key.split("/")[:2]))

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

    def fingerprint(self, text: str) -> str:
        """A digest of a text that nobody without the agency's key can make or compare."""
        return hmac.digest(self._key, b"candor fingerprint:" + text.encode(), "sha256").hex()

    @_counted("delete")
    def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        self._path(key).unlink(missing_ok=True)

    def _key_of(self, key: str) -> bytes:
        """The key of one file; files from before there were secrets have the agency's."""
        secret = key.split("/")[2:]
        if not secret:
            return self._key
        return hmac.digest(self._key, b"candor file:" + secret[0].encode(), "sha256")

    def _path(self, key: str) -> Path:
        agency, _, rest = key.partition("/")
        if agency != str(self._agency_id):
            raise MissingFile(key)
        name = str(uuid.UUID(rest.partition("/")[0]))
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
