"""The text of an API token: `candor_`, 256 random bits, and a checksum.

The prefix lets secret scanners find a token that leaked; the checksum (CRC-32, as in GitHub's
token format) tells a mistyped or made-up one without asking the database.
"""

import re
import secrets
import string
from hashlib import sha256
from zlib import crc32

PREFIX = "candor_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
BODY_LENGTH = 43  # 62**43 > 2**256
CHECK_LENGTH = 6  # 62**6 > 2**32
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{BODY_LENGTH + CHECK_LENGTH}}}")


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return _base62(crc32(body.encode("ascii")), CHECK_LENGTH)


def new_token() -> str:
    """A fresh token; its text is kept nowhere."""
    body = _base62(secrets.randbits(256), BODY_LENGTH)
    return PREFIX + body + _checksum(body)


def is_token(text: str) -> bool:
    """Whether the text has the form and the checksum of a token."""
    if not PATTERN.fullmatch(text):
        return False
    body = text.removeprefix(PREFIX)[:BODY_LENGTH]
    return text.endswith(_checksum(body))


def digest_of(secret: str) -> str:
    """SHA-256 in hex. Needs no salt or stretching: the secret has 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def hint_of(token: str) -> str:
    """The beginning by which a person tells tokens apart: prefix and four characters."""
    return token[: len(PREFIX) + 4]
