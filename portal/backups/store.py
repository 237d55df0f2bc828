"""The file store as backups see it: sealed files by their names, as they lie."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from django.conf import settings

CHUNK = 2**20


def names() -> Iterator[str]:
    """What lies in the store, such as "7/6a/6a0c33b0-..."; not what is still being written."""
    root = _root()
    for folder, _, files in os.walk(root):
        for name in files:
            if not name.endswith(".part"):
                yield (Path(folder) / name).relative_to(root).as_posix()


def copy_out(name: str, target: Path) -> tuple[str, int]:
    """Copy one file; its SHA-256 and size. Raises FileNotFoundError when it went meanwhile."""
    return copy(_root() / name, target)


def copy_in(name: str, source: Path) -> str:
    """Put one file into the store, also again; the SHA-256 of what was written."""
    target = _root() / name
    temporary = target.with_name(f"{target.name}.part")
    temporary.unlink(missing_ok=True)
    digest, _ = copy(source, temporary)
    temporary.rename(target)
    return digest


def is_empty() -> bool:
    return next(names(), None) is None


def describe() -> str:
    return str(_root())


def copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file for the owner alone; SHA-256 and size of what was copied."""
    digest, size = sha256(), 0
    with source.open("rb") as read:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(target, "xb", opener=private) as written:
            while piece := read.read(CHUNK):
                digest.update(piece)
                size += len(piece)
                written.write(piece)
    return digest.hexdigest(), size


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


def _root() -> Path:
    return Path(settings.FILES_DIR)
