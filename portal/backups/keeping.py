"""How long backups are kept: the newest ones of a folder, and none older than that."""

import shutil
from pathlib import Path

from portal.backups.errors import BackupError
from portal.backups.making import UNFINISHED
from portal.backups.manifest import NAME, read_manifest


def remove_old(folder: Path, keep: int) -> list[Path]:
    """Remove all but the `keep` newest backups of this installation in a folder; which went.

    What another installation signed, or what cannot be read, is left alone.
    """
    found = []
    for path in folder.iterdir():
        if path.name.endswith(UNFINISHED) or not (path / NAME).exists():
            continue
        try:
            found.append((read_manifest(path).document["made_at"], path))
        except BackupError:
            continue
    old = [path for _, path in sorted(found)[: -keep or None]]
    for path in old:
        (path / NAME).unlink()  # first: what is half removed is no backup
        shutil.rmtree(path)
    return old
