"""The file store and the keys."""

import os
import stat
import uuid
from pathlib import Path

from django.conf import settings

from portal import keys
from portal.doctor.problems import Advice, Problem
from portal.storage import FileStore

NOBODY = 0
"""No agency has this id: the check writes beside everybody's files, not among them."""


def check_store() -> str:
    store = FileStore(NOBODY, os.urandom(keys.KEY_BYTES))
    written = uuid.uuid4().bytes
    remedy = f"Make {settings.FILES_DIR} writable for this user, with space left"
    try:
        key = store.put(written)
        read = store.get(key)
        store.delete(key)
    except OSError as error:
        raise Problem(f"{error.strerror}: {error.filename}", remedy) from error
    if read != written:
        raise Problem("what was read is not what was written", "Check the disk")
    return f"{settings.FILES_DIR}: written, read and removed"


def check_journal() -> str:
    folder = Path(settings.ERASURE_JOURNAL)
    remedy = f"Make {folder} writable for this user, with space left"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = folder / f"{uuid.uuid4()}.part"
        written.touch()
        written.unlink()
    except OSError as error:
        raise Problem(f"{error.strerror}: {error.filename}", remedy) from error
    if Path(settings.VAR_DIR) in folder.parents:
        raise Advice(
            f"the erasure journal lies in {folder}",
            "It is lost with the database's disk: set CANDOR_ERASURE_JOURNAL to another one",
        )
    return f"{folder}: written and removed"


def check_keys() -> str:
    folder = Path(settings.VAR_DIR) / "keys"
    loose = [p.name for p in sorted(folder.glob("*.key")) if p.stat().st_mode & _OTHERS]
    if loose:
        raise Problem(f"readable by others: {', '.join(loose)}", f"chmod 600 {folder}/*.key")
    if (folder / "master.key").exists():
        raise Advice(
            f"the master key lies in {folder}",
            "Fine for one machine; back it up apart from the data, or set CANDOR_MASTER_KEY_FILE",
        )
    return "the master key comes from the environment"


_OTHERS = stat.S_IRWXG | stat.S_IRWXO
