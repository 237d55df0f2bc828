"""What a provider of the master key is, and how what it has wrapped is stored."""

import struct
from typing import Protocol

from portal.keys import KeyProblem

# What is older has none: it was wrapped by a local key, and is 60 bytes of AES-GCM.
MAGIC = b"cndrwrp1"
_LENGTH = struct.Struct(">H")


class MasterKey(Protocol):
    """A key that wraps data keys. It never leaves its provider, except for a local one."""

    @property
    def label(self) -> str:
        """Which key it is; stored with everything it wraps, and no secret."""
        ...

    def wrap(self, key: bytes, identity: str) -> bytes:
        """A data key, bound to `identity`. Raises KeyServiceAway."""
        ...

    def unwrap(self, wrapped: bytes, identity: str) -> bytes:
        """The inverse. Raises KeyProblem for what is not this key's, KeyServiceAway."""
        ...


def pack(label: str, wrapped: bytes) -> bytes:
    """Magic, length of the label (2 bytes, big-endian), label in UTF-8, what was wrapped."""
    name = label.encode()
    return MAGIC + _LENGTH.pack(len(name)) + name + wrapped


def unpack(packed: bytes) -> tuple[str, bytes]:
    """Label and what was wrapped; no label ("") for what is older. Raises KeyProblem."""
    if not packed.startswith(MAGIC):
        return "", packed
    try:
        [length] = _LENGTH.unpack_from(packed, len(MAGIC))
        start = len(MAGIC) + _LENGTH.size
        return packed[start : start + length].decode(), packed[start + length :]
    except (struct.error, UnicodeDecodeError) as error:
        raise KeyProblem("a wrapped key is damaged") from error
