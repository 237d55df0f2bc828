"""The keys of an installation in one file under a passphrase, to be kept apart from its data.

Whoever has data and keys has everything, so the two are never in one archive. Only what lies in
`var/keys/` is taken: keys that come from the environment or from a key service are kept by whoever
keeps those.
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from django.conf import settings

from portal import keys
from portal.backups import store
from portal.backups.errors import BackupError

IDENTITY = "candor keys"
LEAST_PASSPHRASE = 15
SALT_BYTES = 16
# RFC 9106, section 4, the second recommended choice: 64 MiB, three passes.
PASSES, LANES, MEMORY_KIB = 3, 4, 64 * 1024


def write_keys(path: Path, passphrase: str) -> list[str]:
    """Seal the files of `var/keys/` into a new file; their names. Raises BackupError."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise BackupError("passphrase_short", f"Take at least {LEAST_PASSPHRASE} characters")
    found = {p.name: p.read_text() for p in sorted(_folder().glob("*")) if p.is_file()}
    if not found:
        raise BackupError(
            "keys_elsewhere",
            f"There are no keys in {_folder()}: they come from the environment or a key service,"
            " which keeps them",
        )
    salt = secrets.token_bytes(SALT_BYTES)
    sealed = keys.seal(_key(passphrase, salt), json.dumps(found).encode(), IDENTITY)
    parts = {
        "kind": IDENTITY,
        "salt": b64encode(salt).decode(),
        "sealed": b64encode(sealed).decode(),
    }
    try:
        with open(path, "x", opener=store.private) as file:
            json.dump(parts, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise BackupError("target_exists", f"{path} is there already") from error
    return sorted(found)


def put_keys_back(path: Path, passphrase: str) -> list[str]:
    """Put the keys of a sealed file into `var/keys/`; their names. Raises BackupError.

    Those that a fresh installation made for itself are moved aside, not removed.
    """
    try:
        parts = json.loads(path.read_text())
        salt, sealed = b64decode(parts["salt"]), b64decode(parts["sealed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError("no_keys_file", f"{path} is no file of keys: {error}") from error
    try:
        found = json.loads(keys.unseal(_key(passphrase, salt), sealed, IDENTITY))
    except keys.KeyProblem as error:
        raise BackupError("wrong_passphrase", f"{path} does not open with it") from error
    _move_aside()
    for name, text in found.items():
        with open(_folder() / Path(name).name, "x", opener=store.private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    return sorted(found)


def _move_aside() -> None:
    aside = _folder() / f"before-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    aside.mkdir(parents=True, mode=0o700)
    for path in _folder().iterdir():
        if path.is_file():
            path.rename(aside / path.name)


def _key(passphrase: str, salt: bytes) -> bytes:
    kdf = Argon2id(
        salt=salt,
        length=keys.KEY_BYTES,
        iterations=PASSES,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return kdf.derive(passphrase.encode())


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "keys"
