"""A folder of this machine, or one that all machines share."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from portal.blobs.base import Blob, MissingFile


class FolderBlobs:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, sealed: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Of this process alone: two that write the same name must not mix.
        temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
        with temporary.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)

    def get(self, name: str) -> bytes:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError as error:
            raise MissingFile(name) from error

    def head(self, name: str, length: int) -> bytes:
        try:
            with (self._root / name).open("rb") as file:
                return file.read(length)
        except FileNotFoundError as error:
            raise MissingFile(name) from error

    def delete(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def under(self, folder: str) -> Iterator[Blob]:
        for path in sorted((self._root / folder).rglob("*")):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # removed while we look
            if path.is_file():
                modified = datetime.fromtimestamp(found.st_mtime, UTC)
                yield Blob(str(path.relative_to(self._root)), found.st_size, modified)

    def clear(self, folder: str) -> None:
        path = self._root / folder
        while path.exists():  # somebody may be writing a last file meanwhile
            shutil.rmtree(path, ignore_errors=True)

    def describe(self) -> str:
        return str(self._root)
