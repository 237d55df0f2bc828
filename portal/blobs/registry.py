"""Which store the settings name."""

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from django.conf import settings

from portal.blobs.base import Blobs
from portal.blobs.folder import FolderBlobs


def blobs() -> Blobs:
    """The store of this installation."""
    if not settings.STORAGE_URL:
        return FolderBlobs(Path(settings.FILES_DIR))
    return _bucket(settings.STORAGE_URL)


@lru_cache(maxsize=4)
def _bucket(url: str) -> Blobs:
    """Imported at its first use: a folder needs none of S3's libraries."""
    made: Blobs = import_module("portal.blobs.s3").S3Blobs(url)
    return made
