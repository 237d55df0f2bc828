"""What accounts and the record keep sealed by an agency's key."""

from collections.abc import Iterator

from accounts.models import IdempotentAnswer, WebhookEndpoint
from accounts.rest.idempotency import body_identity
from accounts.sealed_columns import SealedColumn, seal_anew, text_column
from accounts.webhooks.signing import secret_identity
from portal.audit.contents import key_identity
from portal.audit.models import AuditKey


def _columns() -> Iterator[SealedColumn]:
    yield text_column(WebhookEndpoint, "secret", secret_identity)
    yield text_column(WebhookEndpoint, "previous_secret", secret_identity)
    yield text_column(IdempotentAnswer, "body", body_identity, ("token_id", "key"))
    # What was written for the record is sealed by these keys, and need not be touched.
    yield text_column(AuditKey, "sealed", key_identity, ("agency_id", "about"))


seal_anew(_columns)
