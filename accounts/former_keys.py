"""The keys of installations that an agency worked in before: what they signed is theirs."""

from base64 import b64decode

from accounts.models import FormerRecord
from portal import signing


def former_keys() -> list[bytes]:
    """Public keys that came with the agency's former records, in its scope."""
    return [b64decode(text) for text in FormerRecord.objects.values_list("public_key", flat=True)]


def key_text_of(key_id: str) -> str:
    """The public key of that id in base64, of here or of an installation before; "" for others."""
    here = signing.public_key_text_of(key_id)
    found = FormerRecord.objects.filter(key_id=key_id).values_list("public_key", flat=True)
    return here or found.first() or ""
