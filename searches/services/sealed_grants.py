"""The galleries of other agencies in a sealed token: by which grant, and in which version.

A version is worked out in the owner's scope; its hash says nothing of who is in the gallery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal.tenancy import scope
from searches.faults import Fault
from searches.gallery_versions import GalleryVersion, later_images, still_holds, version_of
from searches.models import Search, SearchedGrant


@dataclass(frozen=True, slots=True)
class PermittedGrant:
    """A gallery of another agency that a token lets a worker search, and what it leaves out."""

    row: SearchedGrant
    version: GalleryVersion
    excluded: Sequence[UUID]


def grants_to_seal(search: Search) -> list[dict[str, Any]]:
    """What the token says of each, in the order of the grants' ids."""
    return [_value(row, _version(row)) for row in _rows(search)]


def permitted_grants(search: Search, sealed: Sequence[dict[str, Any]]) -> list[PermittedGrant]:
    """What a verified token permits. Raises Fault unless it is of these very rows."""
    versions = [GalleryVersion.from_json(value["gallery"]) for value in sealed]
    rows = _rows(search)
    if [_value(*pair) for pair in zip(rows, versions, strict=False)] != list(sealed) or len(
        rows
    ) != len(sealed):
        raise Fault("token_mismatch")
    return [_permitted(*pair) for pair in zip(rows, versions, strict=True)]


def _permitted(row: SearchedGrant, version: GalleryVersion) -> PermittedGrant:
    with scope(row.owner_id):
        if not still_holds(version):
            raise Fault("galleries_changed")
        return PermittedGrant(row, version, later_images([version]))


def _rows(search: Search) -> list[SearchedGrant]:
    return list(search.searched_grants.order_by("grant_id"))


def _version(row: SearchedGrant) -> GalleryVersion:
    with scope(row.owner_id):
        return version_of(row.gallery_id)


def _value(row: SearchedGrant, version: GalleryVersion) -> dict[str, Any]:
    return {
        "agency": row.owner_id,
        "grant": str(row.grant_id),
        "use": str(row.use_id),
        "gallery": version.as_json() | {"id": str(row.gallery_id)},
    }
