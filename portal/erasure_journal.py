"""The erasure journal: what was erased, outside of the database, so that no backup brings it back.

Each erasure leaves one small signed file in CANDOR_ERASURE_JOURNAL. It names nothing: the ids of
what went are digests, salted by a secret of the journal, which say something only to whoever holds
a row with that id already, as a restored backup does. A file for each, put there by a rename, needs
no lock between hosts and is never half written. See docs/adr/0021.
"""

import hmac
import json
import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from portal import keys, signing

logger = logging.getLogger(__name__)

KIND, FORMAT = "erasure_journal", 1
SALT = "salt"
DIGEST_CHARS = 32
"""128 bits of each digest are kept: enough that no two rows of an installation share one."""


class JournalDamaged(Exception):
    """A file of a journal is not what was signed."""


class Journal:
    """A folder with a salt and one file for each erasure."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known_salt = b""

    @property
    def exists(self) -> bool:
        return (self.folder / SALT).exists()

    @property
    def name(self) -> str:
        """What tells this journal from others, and nothing of its salt; makes an empty one."""
        return sha256(b"candor journal:" + self._salt()).hexdigest()[:16]

    def digest(self, kind: str, pk: UUID | int) -> str:
        """What stands in the journal for a row."""
        full = hmac.digest(self._salt(), f"{kind}:{pk}".encode(), "sha256").hex()
        return full[:DIGEST_CHARS]

    def append(self, entry: str, erased: Mapping[str, Collection[UUID | int]]) -> None:
        """Note under the name `entry` the ids of what was erased, by kind; durable on return.

        The same name again replaces it. Raises OSError.
        """
        digests = {
            str(kind): sorted({self.digest(kind, pk) for pk in ids})
            for kind, ids in erased.items()
            if ids
        }
        document = {"format": FORMAT, "at": datetime.now(UTC).isoformat(), "digests": digests}
        signature = signing.sign(KIND, document)
        saved = {"document": document, "key_id": signature.key_id, "signature": signature.value}
        self._put(entry, json.dumps(saved).encode())

    def entries(self) -> set[str]:
        """The names of the erasures in it."""
        return {path.stem for path in self.folder.glob("*.json")}

    def erased(self) -> dict[str, set[str]]:
        """All digests by kind. Raises JournalDamaged."""
        found: dict[str, set[str]] = {}
        for name in sorted(self.entries()):
            for kind, digests in self._read(name)["digests"].items():
                found.setdefault(kind, set()).update(digests)
        return found

    def take_over(self, other: "Journal") -> int:
        """Copy what another folder of the same journal has beyond this one; how many entries.

        One without entries becomes the same journal.
        """
        name = other.name  # makes its salt where it has none yet
        if not self.entries():
            self._put_raw(SALT, (other.folder / SALT).read_bytes())
            self._known_salt = b""
        missing = other.entries() - self.entries() if name == self.name else set()
        for entry in sorted(missing):
            self._put(entry, (other.folder / f"{entry}.json").read_bytes())
        return len(missing)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            saved = json.loads((self.folder / f"{name}.json").read_bytes())
            document: dict[str, Any] = saved["document"]
            signature = signing.Signature(saved["key_id"], saved["signature"])
            signing.verify(KIND, document, signature)
        except (ValueError, KeyError, TypeError, signing.BadSignature) as error:
            raise JournalDamaged(f"{self.folder / name}.json: {error}") from error
        return document

    def _salt(self) -> bytes:
        if not self._known_salt:  # asked for with each row of a restored database
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._known_salt = keys.parse(keys.load_or_create(self.folder / SALT))
        return self._known_salt

    def _put(self, name: str, content: bytes) -> None:
        self._put_raw(f"{name}.json", content)

    def _put_raw(self, name: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.folder / f"{name}.{os.getpid()}.part"
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / name)


def journal() -> Journal:
    """The journal of this installation."""
    return Journal(settings.ERASURE_JOURNAL)


def note_erased(entry: str, **erased: Collection[UUID | int]) -> None:
    """Note it once the open transaction is committed.

    What is committed cannot be refused any more: a journal that cannot be written is logged, and
    found by `manage.py doctor`.
    """
    transaction.on_commit(partial(_append, entry, erased))


def _append(entry: str, erased: Mapping[str, Collection[UUID | int]]) -> None:
    try:
        journal().append(entry, erased)
    except OSError:
        logger.exception("The erasure %s is not in the journal", entry)


def all_of(folders: Iterable[Path], name: str) -> Iterator[Journal]:
    """Those of these folders that hold the journal of this name."""
    for folder in folders:
        found = Journal(folder)
        if found.exists and found.name == name:
            yield found
