"""The proof that a search was erased, as it is shown and handed out."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

from accounts.former_keys import former_keys, key_text_of
from portal import signing
from searches.models import Search
from searches.services.erasing import KIND


@dataclass(frozen=True, slots=True)
class Receipt:
    """`sha256` is what the record holds of the document; `is_genuine`: its signature holds."""

    document: Mapping[str, Any]
    key_id: str
    signature: str
    sha256: str
    is_genuine: bool

    def as_json(self) -> dict[str, Any]:
        """Document and signature in one object, as all that this installation signs."""
        signature = {"kind": KIND, "key_id": self.key_id, "value": self.signature}
        handed = {"document": self.document, "signature": signature}
        return handed | {"public_key": key_text_of(self.key_id)}


def receipt_of(search: Search) -> Receipt | None:
    row = search.receipts.first()
    if row is None:
        return None
    try:
        signature = signing.Signature(row.key_id, row.signature)
        signing.verify(KIND, row.document, signature, former_keys())
        is_genuine = True
    except signing.BadSignature:
        is_genuine = False
    digest = sha256(rfc8785.dumps(row.document)).hexdigest()
    return Receipt(row.document, row.key_id, row.signature, digest, is_genuine)
