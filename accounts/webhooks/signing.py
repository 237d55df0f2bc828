"""Signatures after the standard-webhooks scheme (standardwebhooks.com), by HMAC-SHA-256."""

import hmac
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from accounts.access import files_of
from accounts.models import WebhookEndpoint, WebhookEvent

PREFIX = "whsec_"
KEY_BYTES = 32


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def sealed(endpoint: WebhookEndpoint, secret: str) -> bytes:
    """The secret as it is kept, bound to its endpoint."""
    return files_of(endpoint.agency_id).seal_text(secret, secret_identity(endpoint.pk))


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """What signs now: the secret, and the one before while it is still good."""
    kept = [bytes(endpoint.secret)]
    if endpoint.previous_until is not None and endpoint.previous_until > timezone.now():
        kept.append(bytes(endpoint.previous_secret))
    files = files_of(endpoint.agency_id)
    return [files.unseal_text(one, secret_identity(endpoint.pk)) for one in kept]


def body_of(event: WebhookEvent) -> bytes:
    """The same bytes at every try."""
    said = {
        "type": event.type,
        "timestamp": event.happened_at.isoformat(),
        "data": event.data,
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def headers_of(event: WebhookEvent, body: bytes, by: Iterable[str], at: datetime) -> dict[str, str]:
    """The id is the event's, so that a receiver knows what it has had already."""
    name, moment = event.name, str(int(at.timestamp()))
    signed = f"{name}.{moment}.".encode() + body
    return {
        "Content-Type": "application/json",
        "User-Agent": "Candor-Webhooks",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in by),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def secret_identity(pk: object) -> str:
    """What the secrets of an endpoint are bound to."""
    return f"webhook secret {pk}"
