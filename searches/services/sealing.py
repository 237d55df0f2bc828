"""The sealed token: what one search was permitted to do, signed; the worker does nothing else.

The document is RFC 8785 JSON, signed by this installation as an "authorization" (portal.signing).
The worker builds it again from the rows and compares it byte for byte: whatever was changed since,
it refuses.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import rfc8785
from django.conf import settings
from django.utils import timezone

from portal import signing
from searches.faults import Fault
from searches.gallery_versions import (
    GalleryVersion,
    later_images,
    settled_version_of,
    still_holds,
)
from searches.models import (
    Authorization,
    AuthorizationNeeded,
    Decision,
    Probe,
    Search,
    SearchToken,
)
from searches.services.sealed_grants import PermittedGrant, grants_to_seal, permitted_grants

KIND, FORMAT = "authorization", 1


@dataclass(frozen=True, slots=True)
class Permitted:
    """What a token lets a worker do."""

    versions: Sequence[GalleryVersion]
    excluded: Sequence[UUID]
    """Pictures that were enrolled after the token was sealed."""
    searched_sha256: str
    grants: Sequence[PermittedGrant] = ()
    """Galleries of other agencies."""

    @property
    def galleries(self) -> list[UUID]:
        return [version.gallery_id for version in self.versions]


def seal_search(search: Search, *, authorized_by: int | None) -> SearchToken:
    """Seal what the search may do from now on, in the open transaction."""
    rows = search.searched_galleries.order_by("gallery_id")
    versions = [
        settled_version_of(gallery) for gallery in rows.values_list("gallery_id", flat=True)
    ]
    now = timezone.now()
    expires = now + timedelta(hours=settings.TOKEN_HOURS)
    sealed = {
        "galleries": [version.as_json() for version in versions],
        "authorized_by": authorized_by,
        "sealed_at": now.isoformat(),
        "expires_at": expires.isoformat(),
    }
    if grants := grants_to_seal(search):
        sealed["grants"] = grants
    document = _facts_of(search) | sealed
    signature = signing.sign(KIND, document)
    return SearchToken.objects.create(
        search=search,
        document=rfc8785.dumps(document).decode(),
        key_id=signature.key_id,
        signature=signature.value,
        expires_at=expires,
    )


def permitted(search: Search) -> Permitted:
    """What the worker may do. Raises Fault unless the token is this search's to the last byte."""
    token = search.tokens.first()
    if token is None:
        raise Fault("token_missing")
    document = _verified(token)
    sealed = {k: document[k] for k in ("galleries", "authorized_by", "sealed_at", "expires_at")}
    if "grants" in document:
        sealed["grants"] = document["grants"]
    if rfc8785.dumps(_facts_as_found(search) | sealed) != token.document.encode():
        raise Fault("token_mismatch")
    if token.expires_at.isoformat() != sealed["expires_at"] or token.expires_at < timezone.now():
        raise Fault("token_expired")
    _require_authorized(search, sealed["authorized_by"])
    versions = [GalleryVersion.from_json(value) for value in sealed["galleries"]]
    asked = set(search.searched_galleries.values_list("gallery_id", flat=True))
    if {version.gallery_id for version in versions} != asked:
        raise Fault("token_mismatch")
    if not all(still_holds(version) for version in versions):
        raise Fault("galleries_changed")
    grants = permitted_grants(search, document.get("grants", []))
    return Permitted(versions, later_images(versions), document["probe"]["searched_sha256"], grants)


def _verified(token: SearchToken) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(token.document)
        signing.verify(KIND, document, signing.Signature(token.key_id, token.signature))
    except (ValueError, TypeError, signing.BadSignature) as error:
        raise Fault("token_mismatch") from error
    return document


def _facts_as_found(search: Search) -> dict[str, Any]:
    """The facts of rows that somebody may have damaged: what cannot be read does not match."""
    try:
        return _facts_of(search)
    except (LookupError, TypeError, ValueError) as error:
        raise Fault("token_mismatch") from error


def _require_authorized(search: Search, authorized_by: int | None) -> None:
    """A search that another person had to authorize was authorized by that very person."""
    if search.authorization != AuthorizationNeeded.BEFORE:
        return
    decision = Authorization.objects.filter(search=search, decision=Decision.APPROVED).first()
    if decision is None or decision.decided_by_id != authorized_by:
        raise Fault("token_mismatch")


def _searched(probe: Probe) -> str:
    """The SHA-256 of the file that is searched: the last edit, or the original."""
    edit = probe.current_edit
    return str(probe.sha256 if edit is None else edit.result_sha256)


def _facts_of(search: Search) -> dict[str, Any]:
    """What of the document follows from the rows."""
    face = search.face
    box = [face.box.left, face.box.top, face.box.right, face.box.bottom]
    return {
        "format": FORMAT,
        "agency": search.agency_id,
        "search": str(search.pk),
        "case": str(search.case_id),
        "probe": {
            "original_sha256": search.probe.sha256,
            "searched_sha256": _searched(search.probe),
            "quarter_turns": search.probe.quarter_turns,
        },
        "face": {"index": search.face_index, "box": [float(value) for value in box]},
        "purpose": search.purpose,
        "basis": search.basis,
        "authorization": search.authorization,
        "limit": search.limit,
        "requested_by": search.requested_by_id,
    }
