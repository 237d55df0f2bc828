"""A checkpoint as it is handed out: one JSON object that verifies by itself."""

import json
from typing import Any

from portal import signing
from portal.audit.models import Checkpoint


def checkpoint_json(checkpoint: Checkpoint) -> dict[str, Any]:
    """The signed document with its signature and the public key (docs/record.md)."""
    return {
        "document": json.loads(checkpoint.document),
        "key_id": checkpoint.key_id,
        "signature": checkpoint.signature,
        "public_key": signing.public_key_text_of(checkpoint.key_id),
    }


def checkpoint_file(checkpoint: Checkpoint) -> bytes:
    return json.dumps(checkpoint_json(checkpoint), indent=1).encode() + b"\n"
