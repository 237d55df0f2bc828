"""Receipts of runs of the retention, as they are shown and handed out."""

from hashlib import sha256
from typing import Any

import rfc8785

from accounts.former_keys import former_keys, key_text_of
from galleries.models import RetentionRun
from galleries.services.retention import KIND
from portal import signing
from searches.models import Gallery, SourceRegister


def receipt_of(run: RetentionRun) -> dict[str, Any]:
    """Document and signature in one object, as the receipts of erasures are."""
    return {
        "kind": KIND,
        "document": run.document,
        "sha256": sha256(rfc8785.dumps(run.document)).hexdigest(),
        "key_id": run.key_id,
        "signature": run.signature,
        "public_key": key_text_of(run.key_id),
    }


def is_genuine(run: RetentionRun) -> bool:
    """Whether the receipt is what this installation signed, or one that the agency was in."""
    try:
        signature = signing.Signature(run.key_id, run.signature)
        signing.verify(KIND, run.document, signature, former_keys())
    except signing.BadSignature:
        return False
    return True


def galleries_of(run: RetentionRun) -> list[tuple[str, str, int]]:
    """The names of gallery and register, and how many pictures; erased ones have no name."""
    names = {
        str(pk): name
        for model in (Gallery, SourceRegister)
        for pk, name in model.objects.values_list("pk", "name")
    }
    return [
        (names.get(one["gallery"], ""), names.get(one["register"], ""), one["images"])
        for one in run.document["galleries"]
    ]
