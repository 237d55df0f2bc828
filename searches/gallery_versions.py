"""What a gallery held at one moment, as a hash that anybody can work out again.

The version is SHA-256 over one line per picture, "ID SHA256-OF-THE-FILE" in the order of the ids,
joined by line feeds. A search is sealed with the versions of its galleries: pictures that were
enrolled later are left out of it, and a gallery that lost one is another gallery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from portal.tenancy import current_agency_id
from searches.models import FaceImage

_VERSION = """
SELECT encode(sha256(convert_to(coalesce(
        string_agg(id::text || ' ' || sha256, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex'),
    count(*), max(enrolled_at)
FROM searches_faceimage
WHERE agency_id = %s AND gallery_id = %s AND (%s::timestamptz IS NULL OR enrolled_at <= %s)
"""


@dataclass(frozen=True, slots=True)
class GalleryVersion:
    """The pictures of a gallery up to `until`, when the last was enrolled; None: it is empty."""

    gallery_id: UUID
    digest: str
    images: int
    until: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.gallery_id),
            "version": self.digest,
            "images": self.images,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "GalleryVersion":
        until = datetime.fromisoformat(value["until"]) if value["until"] else None
        return cls(UUID(value["id"]), value["version"], value["images"], until)


def version_of(gallery_id: UUID, until: datetime | None = None) -> GalleryVersion:
    """The gallery as it is, or as far as it was enrolled up to a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [current_agency_id(), gallery_id, until, until])
        digest, images, last = cursor.fetchone()
    return GalleryVersion(gallery_id, digest, images, last)


def still_holds(version: GalleryVersion) -> bool:
    """Whether the gallery has all of that version and nothing else from its time."""
    if version.until is None:
        return True  # an empty gallery: whatever is in it now came later
    return version_of(version.gallery_id, version.until) == version


def later_images(versions: Sequence[GalleryVersion]) -> list[UUID]:
    """Pictures that were enrolled after these versions; a search sealed with them ignores them."""
    later: list[UUID] = []
    for version in versions:
        images = FaceImage.objects.filter(gallery_id=version.gallery_id)
        if version.until is not None:
            images = images.filter(enrolled_at__gt=version.until)
        later += images.values_list("pk", flat=True)
    return later
