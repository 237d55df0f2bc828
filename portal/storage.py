"""Encrypted files: every picture is sealed before it touches a disk.

A file's own key is made of its agency's data key and a secret that stands in the row that refers
to the file and nowhere else. So a file is noise as soon as its row is gone, wherever a copy of it
lies; and a dump of the rows reads no file without the agency's key.
"""

import os
import secrets
import uuid
from pathlib import Path

from django.conf import settings

from portal.datakeys import FIRST, DataKeys, forget_keys, open_ring

__all__ = ["FileStore", "MissingFile", "forget_keys", "open_store"]


class MissingFile(Exception):
    """A file that a row refers to is not in the store."""


SECRET_BYTES = 16


class FileStore:
    """The files of one agency. A file is named "AGENCY/ID/SECRET" in its row, and ID on the disk.

    What is sealed is bound to agency and id: content cannot be swapped about.
    """

    def __init__(self, agency_id: int, data_keys: DataKeys | bytes) -> None:
        self._agency_id = agency_id
        alone = isinstance(data_keys, bytes)
        self._keys = DataKeys(FIRST, {FIRST: data_keys}) if alone else data_keys

    def put(self, plain: bytes) -> str:
        """Store bytes under a fresh key; durable when this returns."""
        place = f"{self._agency_id}/{uuid.uuid4()}"
        key = f"{place}/{secrets.token_urlsafe(SECRET_BYTES)}"
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed = self._keys.seal(plain, place, _secret_of(key))
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
            raise MissingFile(key.rsplit("/", 1)[0]) from error  # a secret belongs in no log
        return self._keys.unseal(sealed, "/".join(key.split("/")[:2]), _secret_of(key))

    def seal_text(self, text: str, identity: str) -> bytes:
        """A text for a column of the database, bound to the place it is for."""
        return self._keys.seal(text.encode(), f"text:{identity}")

    def unseal_text(self, sealed: bytes, identity: str) -> str:
        """The inverse; raises KeyProblem for bytes that are not of this place or agency."""
        return self._keys.unseal(sealed, f"text:{identity}").decode()

    def seal_bytes(self, plain: bytes, identity: str) -> bytes:
        """The same for bytes that are no text."""
        return self._keys.seal(plain, f"bytes:{identity}")

    def unseal_bytes(self, sealed: bytes, identity: str) -> bytes:
        """The inverse; raises KeyProblem as `unseal_text` does."""
        return self._keys.unseal(sealed, f"bytes:{identity}")

    def fingerprint(self, text: str) -> str:
        """A digest of a text that nobody without the agency's key can make or compare."""
        return self._keys.fingerprint(text)

    def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        agency, _, rest = key.partition("/")
        if agency != str(self._agency_id):
            raise MissingFile(key)
        name = str(uuid.UUID(rest.partition("/")[0]))
        return Path(settings.FILES_DIR) / agency / name[:2] / name


def open_store(agency_id: int, wrapped_keys: bytes, identity: str) -> FileStore:
    """The store of an agency, given its wrapped data keys and what they are bound to."""
    return FileStore(agency_id, open_ring(wrapped_keys, identity))


def _secret_of(key: str) -> str:
    """What a file's own key is made with; files from before there were secrets have none."""
    return "".join(key.split("/")[2:3])
