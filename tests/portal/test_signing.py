"""Signed documents: what was signed verifies, and nothing else does."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal import signing

DOCUMENT: dict[str, Any] = {"license": 7, "seats": 40, "purposes": ["missing_person"]}


def test_what_was_signed_verifies_in_any_order_of_its_fields() -> None:
    signature = signing.sign("license", DOCUMENT)
    signing.verify("license", dict(reversed(DOCUMENT.items())), signature)


@pytest.mark.parametrize(
    ("kind", "change"),
    [("license", {"seats": 41}), ("license", {"more": 1}), ("receipt", {})],
    ids=["changed", "added", "other kind"],
)
def test_anything_else_does_not(kind: str, change: dict[str, Any]) -> None:
    signature = signing.sign("license", DOCUMENT)
    with pytest.raises(signing.BadSignature):
        signing.verify(kind, DOCUMENT | change, signature)


@pytest.mark.parametrize("value", ["", "no base64!", b64encode(b"x" * 64).decode()])
def test_a_damaged_signature_is_refused(value: str) -> None:
    signature = signing.sign("license", DOCUMENT)
    with pytest.raises(signing.BadSignature):
        signing.verify("license", DOCUMENT, replace(signature, value=value))


def test_a_retired_key_still_verifies_and_a_foreign_one_does_not(settings: Any) -> None:
    signature = signing.sign("license", DOCUMENT)
    former = signing.public_key()
    settings.SIGNING_KEY = Ed25519PrivateKey.generate().private_bytes_raw()
    with pytest.raises(signing.BadSignature, match="unknown key"):
        signing.verify("license", DOCUMENT, signature)
    settings.RETIRED_SIGNING_KEYS = [former]
    signing.verify("license", DOCUMENT, signature)
