"""The one byte string that an entry, a link or a checkpoint is (docs/record.md).

SHA-256 over "candor KIND", a line feed, and the document as RFC 8785 canonical JSON. Documents
hold texts, whole numbers, true, false, null, lists and objects; any other number is written as a
text, so that nobody has to agree on how to print it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import rfc8785

from portal.audit.models.entry import AuditEntry

FIRST = "0" * 64  # what the first link and the first checkpoint follow
FORMAT = 1


def plain(value: Any) -> Any:
    """The value with fractions as text."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def moment(at: datetime) -> str:
    """A time of the record: UTC, to the microsecond, as 2026-11-28T09:30:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def document_of(entry: AuditEntry) -> dict[str, Any]:
    """Everything that an entry says; nothing of a row is left out."""
    return {
        "format": FORMAT,
        "id": entry.pk,
        "agency": entry.agency_id,
        "at": moment(entry.at),
        "action": entry.action,
        "outcome": entry.outcome,
        "actor": {"id": entry.actor_id, "label": entry.actor_label},
        "source": entry.source,
        "subject": {"type": entry.subject_type, "id": entry.subject_id},
        "case": entry.case_id,
        "data": plain(entry.data),
        "content": entry.content_digest,
    }


def digest(kind: str, document: Mapping[str, Any]) -> str:
    """SHA-256 of a document as one of this kind, in hexadecimal."""
    return sha256(f"candor {kind}\n".encode() + rfc8785.dumps(dict(document))).hexdigest()


def entry_digest(entry: AuditEntry) -> str:
    return digest("entry", document_of(entry))


def head_after(agency_id: int | None, number: int, entry: str, previous: str) -> str:
    """The head of a chain after its link `number` (from 1): it closes over all before it."""
    document = {"agency": agency_id, "number": number, "entry": entry, "previous": previous}
    return digest("link", document)
