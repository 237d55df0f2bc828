"""A ring of data keys: all versions of the key of an agency, or of the platform.

What is new is sealed by the current version. What is sealed says by which version, unless by the
first, which says nothing: so everything from before there were versions is the first one's.

A ring is stored in one place, wrapped by the master key; emptying that place is the end of every
version, and of everything that was ever sealed by one of them.
"""

import hmac
import json
import secrets
import struct
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal import keys, masterkeys
from portal.keys import KeyProblem
from portal.masterkeys.base import unpack

FIRST = 1
_RING = b"cndrrng1"
_SEALED = b"cndrkey1"
_VERSION = struct.Struct(">H")
HEAD_BYTES = len(_SEALED) + _VERSION.size
# So long a process remembers a key that it has unwrapped.
REMEMBERED_SECONDS = 300
REMEMBERED_RINGS = 1024


@dataclass(frozen=True, slots=True)
class DataKeys:
    """The versions in clear, for one process; never logged or stored."""

    current: int
    keys: Mapping[int, bytes] = field(repr=False)

    def seal(self, plain: bytes, identity: str, secret: str = "") -> bytes:
        """By the current version; by a key of its own where there is a `secret`."""
        head = b"" if self.current == FIRST else head_of(self.current)
        return head + keys.seal(self._key(self.current, secret), plain, identity)

    def unseal(self, sealed: bytes, identity: str, secret: str = "") -> bytes:
        """The inverse, for every version of the ring. Raises KeyProblem."""
        version = version_of(sealed)
        if version not in self.keys:
            raise KeyProblem(f"{identity} is sealed by version {version} of the key")
        body = sealed if version == FIRST else sealed[HEAD_BYTES:]
        return keys.unseal(self._key(version, secret), body, identity)

    def fingerprint(self, text: str) -> str:
        """By the first version for ever: what was compared once must stay comparable."""
        key = self.keys[FIRST]
        return hmac.digest(key, b"candor fingerprint:" + text.encode(), "sha256").hex()

    def mark_key(self, kind: str) -> bytes:
        """What marks of texts of a kind are made with (docs/adr/0024).

        From the first version for ever, as fingerprints are: rows that were written before an
        exchange of the key are found after it.
        """
        derived = HKDF(SHA256(), keys.KEY_BYTES, None, b"candor mark:" + kind.encode())
        return derived.derive(self.keys[FIRST])

    def _key(self, version: int, secret: str) -> bytes:
        key = self.keys[version]
        if not secret:
            return key
        return hmac.digest(key, b"candor file:" + secret.encode(), "sha256")


def head_of(version: int) -> bytes:
    """How everything begins that is sealed by a version, but for the first."""
    return _SEALED + _VERSION.pack(version)


def version_of(sealed: bytes) -> int:
    """By which version something is sealed; its first HEAD_BYTES are enough to tell."""
    if not sealed.startswith(_SEALED) or len(sealed) < HEAD_BYTES:
        return FIRST
    [version] = _VERSION.unpack_from(sealed, len(_SEALED))
    return int(version)


@dataclass(frozen=True, slots=True)
class Ring:
    """As it is stored. `resealed`: the version that all files have come to.

    On the way to the current one, `at` is the last file that was seen, `files` how many were
    sealed anew so far.
    """

    current: int
    wrapped: Mapping[int, bytes] = field(repr=False)
    resealed: int = FIRST
    at: str = ""
    files: int = 0

    @property
    def labels(self) -> list[str]:
        """Which master keys have wrapped the versions; "" for a local key without a label."""
        return sorted({unpack(wrapped)[0] for wrapped in self.wrapped.values()})

    def dump(self) -> bytes:
        if set(self.wrapped) == {FIRST}:
            return self.wrapped[FIRST]
        wrapped = {str(n): b64encode(one).decode("ascii") for n, one in self.wrapped.items()}
        document = {
            "current": self.current,
            "resealed": self.resealed,
            "at": self.at,
            "files": self.files,
            "keys": wrapped,
        }
        return _RING + json.dumps(document).encode()


def load(stored: bytes) -> Ring:
    """Raises KeyProblem for no ring, which is what a destroyed agency has."""
    if not stored:
        raise KeyProblem("there is no key: it was destroyed")
    if not stored.startswith(_RING):
        return Ring(FIRST, {FIRST: stored})
    try:
        found = json.loads(stored[len(_RING) :])
        wrapped = {int(n): b64decode(one, validate=True) for n, one in found["keys"].items()}
        return Ring(found["current"], wrapped, found["resealed"], found["at"], found["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise KeyProblem("a ring of keys is damaged") from error


def new_ring(identity: str) -> bytes:
    """A ring with a first key. Raises KeyServiceAway."""
    return masterkeys.wrap(secrets.token_bytes(keys.KEY_BYTES), identity)


def with_new_version(ring: Ring, identity: str) -> Ring:
    """The ring with one more version, which is the current one. Raises KeyServiceAway."""
    version = max(ring.wrapped) + 1
    fresh = masterkeys.wrap(secrets.token_bytes(keys.KEY_BYTES), bound_to(identity, version))
    return replace(ring, current=version, wrapped={**ring.wrapped, version: fresh}, at="", files=0)


def rewrapped(ring: Ring, identity: str) -> Ring:
    """The same keys under the present master key. Raises KeyProblem, KeyServiceAway."""
    label = masterkeys.current_label()
    fresh = dict(ring.wrapped)
    for version, wrapped in ring.wrapped.items():
        if unpack(wrapped)[0] != label:
            bound = bound_to(identity, version)
            fresh[version] = masterkeys.wrap(masterkeys.unwrap(wrapped, bound), bound)
    return replace(ring, wrapped=fresh)


_remembered: dict[bytes, tuple[float, DataKeys]] = {}
_lock = Lock()


def open_ring(stored: bytes, identity: str) -> DataKeys:
    """The keys in clear. Raises KeyProblem, also for a destroyed ring; KeyServiceAway."""
    ring, now = load(stored), time.monotonic()
    parts = [identity.encode(), *(b"%d %s" % pair for pair in sorted(ring.wrapped.items()))]
    name = sha256(b"\n".join(parts)).digest()  # not of how far the re-sealing has come
    with _lock:
        known = _remembered.get(name)
    if known and now < known[0]:
        return replace(known[1], current=ring.current)
    opened = {n: masterkeys.unwrap(one, bound_to(identity, n)) for n, one in ring.wrapped.items()}
    found = DataKeys(ring.current, opened)
    with _lock:
        for old in [old for old, (until, _) in _remembered.items() if until <= now]:
            del _remembered[old]
        if len(_remembered) >= REMEMBERED_RINGS:
            _remembered.clear()
        _remembered[name] = (now + REMEMBERED_SECONDS, found)
    return found


def forget_keys() -> None:
    """Drop the keys that this process remembers."""
    with _lock:
        _remembered.clear()


def bound_to(identity: str, version: int) -> str:
    """A version cannot take another's place; the first is bound as it was when it was alone."""
    return identity if version == FIRST else f"{identity}:{version}"
