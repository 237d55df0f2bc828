"""Receipts of erasures, as they are handed out."""

from typing import Any

from galleries.erasing.proving import KIND
from galleries.models import Erasure
from portal import signing


def receipt_of(erasure: Erasure) -> dict[str, Any]:
    """Document and signature in one object, with the public key they are checked by."""
    return {
        "kind": KIND,
        "document": erasure.document,
        "key_id": erasure.key_id,
        "signature": erasure.signature,
        "public_key": signing.public_key_text_of(erasure.key_id),
    }
