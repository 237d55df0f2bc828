"""The public keys of this installation, as a verifier needs them."""

from base64 import b64encode
from typing import Any

from django.conf import settings

from portal import signing


def keys_document() -> dict[str, Any]:
    """The installation's own public key and its retired ones, and who handed over to whom."""
    own = (signing.public_key(), *settings.RETIRED_SIGNING_KEYS)
    keys = [{"key_id": signing.key_id_of(k), "public_key": b64encode(k).decode()} for k in own]
    return {"keys": keys, "changes": []}
