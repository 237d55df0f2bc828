"""A master key that the processes hold themselves, from the environment or a file."""

from dataclasses import dataclass, field
from hashlib import sha256

from portal import keys
from portal.masterkeys.specs import LOCAL


@dataclass(frozen=True, slots=True)
class LocalKey:
    key: bytes = field(repr=False)

    @property
    def label(self) -> str:
        """Which one, without telling: 16 hexadecimal digits of a hash of 256 random bits."""
        return f"{LOCAL}:{sha256(b'candor master key:' + self.key).hexdigest()[:16]}"

    def wrap(self, key: bytes, identity: str) -> bytes:
        return keys.seal(self.key, key, identity)

    def unwrap(self, wrapped: bytes, identity: str) -> bytes:
        return keys.unseal(self.key, wrapped, identity)
