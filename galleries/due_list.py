"""The list of what expires: its filters, and its columns as a file."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from searches.models import FaceImage

COLUMNS = ("gallery", "register", "subject", "image", "collected_on", "expires_on", "sha256")


def chosen(images: QuerySet[FaceImage], asked: Mapping[str, str]) -> QuerySet[FaceImage]:
    """Those of the gallery and the register that ?gallery= and ?register= name, if they do."""
    for name in ("gallery", "register"):
        if asked.get(name):
            images = images.filter(**{name: _uuid(asked[name])})
    return images.select_related("subject", "gallery", "register")


def cells_of(image: FaceImage) -> list[Any]:
    """One picture as COLUMNS."""
    return [
        *(image.gallery.name, image.register.name, image.subject.reference, str(image.pk)),
        *(image.collected_on.isoformat(), image.expires_on.isoformat(), image.sha256),
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
