"""Keys of 32 bytes in files, and AES-256-GCM by one of them.

Each agency has its own data key (portal.datakeys); it is stored wrapped by the master key
(portal.masterkeys), which never enters the database. Without it the stored files are noise.
"""

import os
import secrets
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyProblem(Exception):
    """A key is missing, malformed, or not the one that something was encrypted with."""


def load_or_create(path: Path, size: int = KEY_BYTES) -> str:
    """The base64 key of `size` bytes in a file of mode 0600; made when there is none yet."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = b64encode(secrets.token_bytes(size)).decode("ascii")
    # Threads of one process may want the same key: a draft is one caller's alone.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(fresh + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # only one of several that start wins
    except FileExistsError:
        return load_or_create(path, size)
    finally:
        temporary.unlink()
    return fresh


def lines_of(path: Path) -> list[str]:
    """The keys of a file, one a line; none when there is no such file."""
    try:
        return path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def parse(text: str) -> bytes:
    """A base64 key of 32 bytes; raises KeyProblem for anything else."""
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyProblem("A key must be 32 bytes in base64, as `openssl rand -base64 32` prints")
    return key


def seal(key: bytes, plain: bytes, identity: str) -> bytes:
    """AES-256-GCM: nonce, then ciphertext with tag; `identity` is bound as associated data."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, identity.encode())


def unseal(key: bytes, sealed: bytes, identity: str) -> bytes:
    """The inverse of `seal`; raises KeyProblem when the three do not belong together."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], identity.encode())
    except (InvalidTag, ValueError) as error:
        raise KeyProblem(f"{identity} cannot be decrypted: wrong key or damaged") from error
