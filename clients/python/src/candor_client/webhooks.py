"""Whether a webhook is the portal's: the scheme of standard-webhooks, HMAC-SHA256."""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from candor_client.errors import WebhookRefused

PREFIX = "whsec_"
TOLERANCE = 300  # seconds


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Any:
    """What the webhook says, after its signature and its age have been checked.

    `body` is the request's body as it came: not parsed and written anew. While a secret is being
    changed the portal signs with both; one that fits is enough. The same `webhook-id` may come
    more than once: do what it brings about once. Raises WebhookRefused.
    """
    said = {name.lower(): value for name, value in headers.items()}
    try:
        name, moment = said["webhook-id"], said["webhook-timestamp"]
        given = said["webhook-signature"]
    except KeyError as missing:
        raise WebhookRefused(f"There is no header {missing.args[0]}") from None
    _require_fresh(moment, tolerance, time.time() if now is None else now)
    signed = b".".join([name.encode(), moment.encode(), body])
    expected = hmac.new(_key(secret), signed, sha256).digest()
    if not any(hmac.compare_digest(expected, one) for one in _signatures(given)):
        raise WebhookRefused("The signature is not the portal's")
    try:
        return json.loads(body)
    except ValueError as error:
        raise WebhookRefused("The body is no JSON") from error


def _require_fresh(moment: str, tolerance: float, now: float) -> None:
    if not (moment.isascii() and moment.isdigit()) or abs(now - int(moment[:15])) > tolerance:
        raise WebhookRefused("It is too old, or from the future")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("A secret is whsec_ and then base64") from None


def _signatures(given: str) -> list[bytes]:
    """Those of version 1; others are left out."""
    found = []
    for one in given.split():
        version, _, text = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
