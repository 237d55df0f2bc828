"""Content of entries: what people wrote, sealed apart and bound to the entry by a salted digest.

An entry says `content_digest` = SHA-256 over "candor content", a line feed, and the canonical JSON
of {"salt": 64 hexadecimal digits, "fields": {...}}. The salt is sealed with the content, so that a
digest alone confirms no guess. When content is destroyed, the entry and its chain stand.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from portal import keys, platform_key
from portal.audit.canonical import digest
from portal.audit.models import AuditContent, AuditEntry, AuditKey

SALT_BYTES = 32


class Vault(Protocol):
    """What seals a text for one agency; portal.storage.FileStore is one."""

    def seal_text(self, text: str, identity: str) -> bytes: ...
    def unseal_text(self, sealed: bytes, identity: str) -> str: ...


class _PlatformVault:
    """The platform's own content is sealed by the platform's key."""

    def seal_text(self, text: str, identity: str) -> bytes:
        return platform_key.seal(text.encode(), identity)

    def unseal_text(self, sealed: bytes, identity: str) -> str:
        return platform_key.unseal(sealed, identity).decode()


_vaults: list[Callable[[int], Vault]] = []


def seal_with(vault_of: Callable[[int], Vault]) -> None:
    """Say how to reach an agency's vault; the app that holds the agencies' keys does."""
    _vaults[:] = [vault_of]


def _vault(agency_id: int | None) -> Vault:
    return _PlatformVault() if agency_id is None else _vaults[0](agency_id)


class Sealed:
    """Content on its way into the record: the digest for the entry, the row for afterwards."""

    def __init__(
        self, agency_id: int | None, about: str, case_id: str, fields: Mapping[str, str]
    ) -> None:
        self._about, self._agency_id = about, agency_id
        self._key = _key(agency_id, about, case_id)
        document = {"salt": secrets.token_hex(SALT_BYTES), "fields": dict(fields)}
        self._plain = json.dumps(document, ensure_ascii=False).encode()
        self.digest = digest("content", document)

    def save(self, entry: AuditEntry) -> None:
        sealed = keys.seal(self._key, self._plain, f"audit:{entry.pk}")
        AuditContent.objects.create(
            entry_id=entry.pk, agency_id=self._agency_id, about=self._about, sealed=sealed
        )


def read_content(entry: AuditEntry) -> dict[str, str] | None:
    """What was written, in the scope of the entry; None when it was destroyed. {} for none.

    Raises KeyProblem when the sealed bytes, or what is in them, are not the entry's.
    """
    if not entry.content_digest:
        return {}
    document = open_content(entry)
    if document is None:
        return None
    fields: dict[str, str] = document["fields"]
    return fields


def open_content(entry: AuditEntry) -> dict[str, Any] | None:
    """Salt and fields, whose digest the entry has: what an export needs to prove its content."""
    row = AuditContent.objects.filter(entry_id=entry.pk, agency_id=entry.agency_id).first()
    if row is None:
        return None
    key = AuditKey.objects.filter(agency_id=entry.agency_id, about=row.about).first()
    if key is None:
        return None
    opened = _unwrap(key)
    document: dict[str, Any] = json.loads(
        keys.unseal(opened, bytes(row.sealed), f"audit:{entry.pk}")
    )
    if digest("content", document) != entry.content_digest:
        raise keys.KeyProblem(f"the content of entry {entry.pk} is not what was recorded")
    return document


def seal_beside(agency_id: int, about: str, case_id: str, text: str, identity: str) -> bytes:
    """A text that ends with what was written about a search or case, sealed by the same key.

    For what is kept beside the record: where that content is destroyed, this is noise.
    """
    return keys.seal(_key(agency_id, about, case_id), text.encode(), identity)


def open_beside(agency_id: int, about: str, sealed: bytes, identity: str) -> str | None:
    """The inverse; None when it was destroyed. Raises KeyProblem."""
    key = AuditKey.objects.filter(agency_id=agency_id, about=about).first()
    return None if key is None else keys.unseal(_unwrap(key), sealed, identity).decode()


# Called with an agency and what about content was destroyed, in that transaction.
_destroyed: list[Callable[[int, list[str]], object]] = []


def on_destroyed(listener: Callable[[int, list[str]], object]) -> None:
    """Have whoever seals beside the record remove what can be read no more."""
    _destroyed.append(listener)


def destroy_content(agency_id: int, *, search: str = "", case: str = "") -> int:
    """Destroy the content of one search, or of a case with its searches; returns how many entries.

    Part of the open transaction. The entries, their digests and the chain stay.
    """
    found = AuditKey.objects.filter(agency_id=agency_id)
    found = found.filter(case_id=case) if case else found.filter(about=f"search:{search}")
    abouts = list(found.values_list("about", flat=True))
    gone, _ = AuditContent.objects.filter(agency_id=agency_id, about__in=abouts).delete()
    found.delete()
    for listener in _destroyed:
        listener(agency_id, abouts)
    return gone


def key_identity(agency_id: int | None, about: str) -> str:
    """What the sealed key of a case or a search is bound to."""
    return f"audit-key:{agency_id or 'platform'}:{about}"


def _unwrap(row: AuditKey) -> bytes:
    text = _vault(row.agency_id).unseal_text(
        bytes(row.sealed), key_identity(row.agency_id, row.about)
    )
    return b64decode(text)


def _key(agency_id: int | None, about: str, case_id: str) -> bytes:
    """The key of what is written about something; made at its first use."""
    known = AuditKey.objects.filter(agency_id=agency_id, about=about).first()
    if known is None:
        fresh = b64encode(secrets.token_bytes(keys.KEY_BYTES)).decode("ascii")
        sealed = _vault(agency_id).seal_text(fresh, key_identity(agency_id, about))
        # Two writers may begin at once; whoever comes second takes what the first one made.
        AuditKey.objects.bulk_create(
            [AuditKey(agency_id=agency_id, about=about, case_id=case_id, sealed=sealed)],
            ignore_conflicts=True,
        )
        known = AuditKey.objects.get(agency_id=agency_id, about=about)
    return _unwrap(known)
