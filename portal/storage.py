"""Encrypted files: every picture is sealed before it touches a disk.

A file's own key is made of its agency's data key and a secret that stands in the row that refers
to the file and nowhere else. So a file is noise as soon as its row is gone, wherever a copy of it
lies; and a dump of the rows reads no file without the agency's key.
"""

import hmac
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from portal.away import StoreAway
from portal.blobs import MissingFile, blobs
from portal.datakeys import FIRST, HEAD_BYTES, DataKeys, forget_keys, open_ring, version_of
from portal.keys import KeyProblem
from portal.metrics.instruments import STORAGE_ERRORS

__all__ = ["FileStore", "MissingFile", "forget_keys", "open_store"]


SECRET_BYTES = 16
MARK_BYTES = 16


@contextmanager
def _counted(operation: str) -> Iterator[None]:
    """Errors of the store are counted by their kind, and go on."""
    try:
        yield
    except (OSError, StoreAway, MissingFile, KeyProblem) as error:
        STORAGE_ERRORS.labels(operation, type(error).__name__).inc()
        raise


class FileStore:
    """The files of one agency. A file is named "AGENCY/ID/SECRET" in its row, and ID in the store.

    What is sealed is bound to agency and id: content cannot be swapped about. Each act but those
    on texts raises StoreAway when the store does not answer.
    """

    def __init__(self, agency_id: int, data_keys: DataKeys | bytes) -> None:
        self._agency_id = agency_id
        if isinstance(data_keys, bytes):
            data_keys = DataKeys(FIRST, {FIRST: data_keys})
        self._keys = data_keys
        self._mark_keys: dict[str, bytes] = {}
        self._blobs = blobs()

    @_counted("write")
    def put(self, plain: bytes) -> str:
        """Store bytes under a fresh key; durable when this returns."""
        key = f"{self._agency_id}/{uuid.uuid4()}/{secrets.token_urlsafe(SECRET_BYTES)}"
        self._put(key, plain)
        return key

    @_counted("read")
    def get(self, key: str) -> bytes:
        """The bytes of a key; raises MissingFile, or KeyProblem when they were tampered with."""
        name = self._name(key)
        return self._keys.unseal(self._blobs.get(name), _place_of(key), _secret_of(key))

    def reseal(self, key: str) -> bool:
        """Seal a file anew, in its place, by the current version of the agency's key.

        False when it is so already. Every moment the place holds one whole file or the other. A
        file whose row goes meanwhile may come back, as noise that the sweeping of strays removes.
        Raises MissingFile, KeyProblem.
        """
        if version_of(self._blobs.head(self._name(key), HEAD_BYTES)) == self._keys.current:
            return False
        self._put(key, self.get(key))
        return True

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

    @property
    def version(self) -> int:
        """By which version of the agency's key it seals."""
        return self._keys.current

    def reseal_value(self, sealed: bytes, place: str) -> bytes:
        """What a column holds, by the current version; `place` with "text:" or "bytes:" before it.

        Raises KeyProblem.
        """
        return self._keys.seal(self._keys.unseal(sealed, place), place)

    def fingerprint(self, text: str) -> str:
        """A digest of a text that nobody without the agency's key can make or compare."""
        return self._keys.fingerprint(text)

    def mark(self, text: str, kind: str) -> bytes:
        """What equal texts of a kind have in common, to look rows up by: a keyed digest."""
        if kind not in self._mark_keys:
            self._mark_keys[kind] = self._keys.mark_key(kind)
        return hmac.digest(self._mark_keys[kind], text.encode(), "sha256")[:MARK_BYTES]

    @_counted("delete")
    def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is no error."""
        self._blobs.delete(self._name(key))

    def _put(self, key: str, plain: bytes) -> None:
        sealed = self._keys.seal(plain, _place_of(key), _secret_of(key))
        self._blobs.put(self._name(key), sealed)

    def _name(self, key: str) -> str:
        agency, _, rest = key.partition("/")
        if agency != str(self._agency_id):
            raise MissingFile(_place_of(key))  # a secret belongs in no log
        name = str(uuid.UUID(rest.partition("/")[0]))
        return f"{agency}/{name[:2]}/{name}"


def open_store(agency_id: int, wrapped_keys: bytes, identity: str) -> FileStore:
    """The store of an agency, given its wrapped data keys and what they are bound to."""
    return FileStore(agency_id, open_ring(wrapped_keys, identity))


def _place_of(key: str) -> str:
    """What a file's content is bound to: agency and id."""
    return "/".join(key.split("/")[:2])


def _secret_of(key: str) -> str:
    """What a file's own key is made with; files from before there were secrets have none."""
    return "".join(key.split("/")[2:3])
