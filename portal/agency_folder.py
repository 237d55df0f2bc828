"""The folder of one agency in the file store as a whole: what is in it, sealed parts, its end."""

import os
import shutil
from pathlib import Path

from django.conf import settings

from portal.datakeys import open_ring
from portal.storage import MissingFile, forget_keys

__all__ = ["Parts", "forget_keys", "measure_folder", "remove_folder"]


def folder_of(agency_id: int) -> Path:
    return Path(settings.FILES_DIR) / str(agency_id)


def measure_folder(agency_id: int) -> tuple[int, int]:
    """How many files lie in the folder, of whatever kind, and how many bytes they take."""
    sizes = [p.stat().st_size for p in folder_of(agency_id).rglob("*") if p.is_file()]
    return len(sizes), sum(sizes)


def remove_folder(agency_id: int) -> None:
    """Remove every file of the agency; a folder that is gone already is no error."""
    folder = folder_of(agency_id)
    while folder.exists():  # somebody may be writing a last file meanwhile
        shutil.rmtree(folder, ignore_errors=True)


class Parts:
    """Sealed parts of something large, numbered, in a folder of their own beside the files.

    A part's name, the agency and the purpose are bound to its content: parts cannot be swapped.
    """

    def __init__(self, agency_id: int, wrapped_key: bytes, identity: str, purpose: str) -> None:
        self._keys = open_ring(wrapped_key, identity)
        self._folder = folder_of(agency_id) / purpose
        self._bound_to = f"{agency_id}/{purpose}"

    def clear(self) -> None:
        """Begin anew: whatever an interrupted writer left is gone."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)

    def put(self, name: str, plain: bytes) -> None:
        """Store one part; durable when this returns."""
        sealed = self._keys.seal(plain, f"{self._bound_to}/{name}")
        temporary = self._folder / f"{name}.part"
        with temporary.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self._folder / name)

    def get(self, name: str) -> bytes:
        """One part; raises MissingFile, or KeyProblem when it was tampered with."""
        try:
            sealed = (self._folder / name).read_bytes()
        except FileNotFoundError as error:
            raise MissingFile(f"{self._bound_to}/{name}") from error
        return self._keys.unseal(sealed, f"{self._bound_to}/{name}")
