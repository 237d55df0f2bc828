"""Making a backup: the database first, then the files, the manifest last."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.backups import store
from portal.backups.errors import BackupError
from portal.backups.manifest import DUMP, FILE_LIST, FILES, FORMAT, Manifest
from portal.backups.programs import disk_full
from portal.backups.snapshot import dump
from portal.erasure_journal import Journal, journal

UNFINISHED = ".unfinished"
JOURNAL = "erasure-journal"
"""The copy of the journal that lies beside the backups."""


def make_backup(target: Path, key_checks: Mapping[str, str]) -> Manifest:
    """Back up database and files into the new folder `target`. Raises BackupError.

    A file is written before the row that names it, and removed after it: so the files are copied
    after the dump, and every row of it finds its own, or was erased meanwhile and is in the
    journal. `key_checks` are sealed texts that only the right keys open again.
    """
    with _whole(target) as folder:
        database = dump(folder / DUMP)
        files = _copy_files(folder)
        beside = Journal(target.parent / JOURNAL)
        beside.take_over(journal())
        manifest = Manifest(
            {
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(),
                "candor": settings.VERSION,
                "database": database,
                "files": files,
                "key_checks": dict(key_checks),
                "journal": {"name": journal().name, "entries": len(journal().entries())},
            }
        )
        manifest.write(folder)
    return manifest


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder under another name, which gets its own when all of it is on the disk; else it goes.

    A backup that was killed leaves a folder whose name says so.
    """
    if target.exists():
        raise BackupError("target_exists", f"{target} is there already; a backup replaces nothing")
    folder = target.with_name(target.name + UNFINISHED)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, mode=0o700)
        yield folder
        os.sync()
        folder.rename(target)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full() from error
        raise BackupError("target_unwritable", f"{error.filename}: {error.strerror}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copy_files(folder: Path) -> dict[str, Any]:
    """Copy the sealed files as they lie, and list them as `sha256sum --check` reads it."""
    (folder / FILES).mkdir(mode=0o700)
    count = size = gone = 0
    with open(folder / FILE_LIST, "x", opener=store.private) as listed:
        for name in store.names():
            try:
                digest, length = store.copy_out(name, folder / FILES / name)
            except FileNotFoundError:  # erased since the dump: the journal has it
                gone += 1
                continue
            count, size = count + 1, size + length
            listed.write(f"{digest}  {FILES}/{name}\n")
    list_digest = store.digest_of(folder / FILE_LIST)
    return {"count": count, "bytes": size, "gone_meanwhile": gone, "sha256": list_digest}
