"""The file store as backups see it: sealed files by their names, as they lie.

All of it raises BackupError when the store does not answer.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from portal.away import StoreAway
from portal.backups.errors import BackupError
from portal.blobs import MissingFile, blobs

CHUNK = 2**20


def names() -> Iterator[str]:
    """What lies in the store, such as "7/6a/6a0c33b0-..."; not what is still being written."""
    with _answers():
        for blob in blobs().under(""):
            if not blob.name.endswith(".part"):
                yield blob.name


def copy_out(name: str, target: Path) -> tuple[str, int]:
    """Copy one file; its SHA-256 and size. Raises FileNotFoundError when it went meanwhile."""
    try:
        with _answers():
            sealed = blobs().get(name)
    except MissingFile as error:
        raise FileNotFoundError(name) from error
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(target, "xb", opener=private) as written:
        written.write(sealed)
    return sha256(sealed).hexdigest(), len(sealed)


def copy_in(name: str, source: Path) -> str:
    """Put one file into the store, also again; the SHA-256 of what was written."""
    sealed = source.read_bytes()
    with _answers():
        blobs().put(name, sealed)
    return sha256(sealed).hexdigest()


def is_empty() -> bool:
    return next(names(), None) is None


def describe() -> str:
    return blobs().describe()


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        digest = sha256()
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def private(path: str, flags: int) -> int:
    """Opens files that nobody else can read."""
    return os.open(path, flags, 0o600)


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except StoreAway as error:
        raise BackupError(error.code, f"{describe()} does not answer: {error}") from error
