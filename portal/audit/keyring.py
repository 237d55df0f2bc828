"""Which keys sign checkpoints, and how one key handed over to the next.

The installation's private key comes from its settings (portal.signing). When it is replaced, the
old key signs a statement that names the new one; the statements are kept here, written once, and
go with every export. Whoever trusts the first key of an installation can so follow to its last.
"""

from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import signing
from portal.audit.canonical import moment
from portal.audit.models import KeyChange

KIND, FORMAT = "key-change", 1


def keys_document() -> dict[str, Any]:
    """All public keys of the installation, and the statements by which one followed another."""
    known = {signing.key_id_of(key): key for key in _all_keys()}
    return {
        "keys": [
            {"key_id": key_id, "public_key": _text(key)} for key_id, key in sorted(known.items())
        ],
        "changes": [
            {"document": change.document, "signature": change.signature}
            for change in KeyChange.objects.order_by("pk")
        ],
    }


@transaction.atomic
def hand_over(new_private_key: bytes) -> KeyChange:
    """Have this installation's key name its successor. The settings are changed afterwards.

    Raises ValueError for the key itself.
    """
    public = Ed25519PrivateKey.from_private_bytes(new_private_key).public_key().public_bytes_raw()
    old, new = signing.key_id_of(signing.public_key()), signing.key_id_of(public)
    if old == new:
        raise ValueError("The new key is the old one")
    document = {
        "format": FORMAT,
        "old_key_id": old,
        "new_key_id": new,
        "new_public_key": _text(public),
        "at": moment(timezone.now()),
    }
    signature = signing.sign(KIND, document)
    return KeyChange.objects.create(document=document, signature=signature.value)


def _all_keys() -> list[bytes]:
    return [signing.public_key(), *settings.RETIRED_SIGNING_KEYS]


def _text(key: bytes) -> str:
    return b64encode(key).decode("ascii")
