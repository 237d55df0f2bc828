"""What the platform vouches for: canonical JSON signed with its Ed25519 key.

A license, a receipt and a checkpoint are all signed here, each under a name of its own kind, so
that the signature of one can never stand under another. The private key is a secret of the
installation; the public one goes with everything that is handed out.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


class BadSignature(Exception):
    """A document is not what was signed, or not by a key that is trusted here."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`value` is base64 of the 64 bytes of Ed25519; `key_id` says by which key."""

    key_id: str
    value: str


def signed_bytes(kind: str, document: Mapping[str, Any]) -> bytes:
    """What is signed: "candor KIND", a line feed, and the document in RFC 8785 canonical JSON."""
    return f"candor {kind}\n".encode() + rfc8785.dumps(dict(document))


def key_id_of(public_key: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the 32 bytes of a public key."""
    return sha256(public_key).hexdigest()[:16]


def public_key() -> bytes:
    """The 32 bytes that verify what this installation signs."""
    return _public_key_of(settings.SIGNING_KEY)


def public_key_text() -> str:
    """The same in base64, as it is handed out."""
    return b64encode(public_key()).decode("ascii")


def public_key_text_of(key_id: str) -> str:
    """The public key of that id in base64, this installation's or a retired one; "" for others."""
    own = (public_key(), *settings.RETIRED_SIGNING_KEYS)
    return next((b64encode(k).decode("ascii") for k in own if key_id_of(k) == key_id), "")


def sign(kind: str, document: Mapping[str, Any]) -> Signature:
    """Sign a document of plain JSON values as one of this kind."""
    raw = _private_key().sign(signed_bytes(kind, document))
    return Signature(key_id_of(public_key()), b64encode(raw).decode("ascii"))


def verify(
    kind: str, document: Mapping[str, Any], signature: Signature, trusted: Iterable[bytes] = ()
) -> None:
    """Return when the signature is that of a trusted key; raises BadSignature otherwise.

    `trusted` are public keys beside this installation's own and its retired ones.
    """
    own = (public_key(), *settings.RETIRED_SIGNING_KEYS)
    key = next((k for k in (*own, *trusted) if key_id_of(k) == signature.key_id), None)
    if key is None:
        raise BadSignature(f"unknown key {signature.key_id}")
    try:
        _verify(key, signature.value, signed_bytes(kind, document))
    except (InvalidSignature, ValueError) as error:
        raise BadSignature(f"the {kind} is not what was signed") from error


@lru_cache(maxsize=4096)
def _verify(key: bytes, value: str, signed: bytes) -> None:
    """Remembers what was verified, byte for byte; a signature that fails is never remembered."""
    Ed25519PublicKey.from_public_bytes(key).verify(b64decode(value, validate=True), signed)


@lru_cache(maxsize=8)
def _public_key_of(private_key: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(settings.SIGNING_KEY)
