"""Where sealed bytes lie: a folder, or an S3 bucket. Nothing here can read them."""

from portal.blobs.base import Blob, Blobs, MissingFile
from portal.blobs.registry import blobs

__all__ = ["Blob", "Blobs", "MissingFile", "blobs"]
