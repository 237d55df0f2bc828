"""The file store and the keys."""

import os
import stat
import uuid
from pathlib import Path

from django.conf import settings

from portal import keys
from portal.away import KeyServiceAway, StoreAway
from portal.blobs import blobs
from portal.doctor.problems import Advice, Problem
from portal.masterkeys import current_label
from portal.masterkeys.specs import LOCAL
from portal.masterkeys.trial import try_out
from portal.signing import key_id_of, public_key, public_key_text
from portal.storage import FileStore

NOBODY = 0
"""No agency has this id: the check writes beside everybody's files, not among them."""


def check_store() -> str:
    store = FileStore(NOBODY, os.urandom(keys.KEY_BYTES))
    written = uuid.uuid4().bytes
    where = blobs().describe()
    remedy = f"Make {where} writable for this user, with space left"
    try:
        key = store.put(written)
        read = store.get(key)
        store.delete(key)
    except OSError as error:
        raise Problem(f"{error.strerror}: {error.filename}", remedy) from error
    except StoreAway as away:
        raise Problem(f"{where}: {away}", "Check CANDOR_STORAGE_URL and the rights") from away
    if read != written:
        raise Problem("what was read is not what was written", "Check the disk")
    return f"{where}: written, read and removed"


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
    if settings.KEY_PROVIDER == LOCAL and (folder / "master.key").exists():
        raise Advice(
            f"the master key lies in {folder}",
            "Fine for one machine; back it up apart from the data, or set CANDOR_MASTER_KEY_FILE",
        )
    return "nothing in the folder of keys is open to others"


def signing_key() -> str:
    """What others verify by; an agency that moves needs it from somewhere else than its export."""
    key = public_key()
    return f"{key_id_of(key)}: public key {public_key_text()}"


def check_master_key() -> str:
    """A key is wrapped and opened again."""
    label = current_label()
    try:
        try_out()
    except KeyServiceAway as away:
        raise Problem(f"{label}: {away}", "Check the service, the network and the rights") from away
    return f"{label}: a key was wrapped and opened again"


_OTHERS = stat.S_IRWXG | stat.S_IRWXO
