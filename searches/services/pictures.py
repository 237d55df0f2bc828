"""The picture of a probe that everything works on, read from the store and held to its hash."""

import logging
from dataclasses import replace
from hashlib import sha256

from accounts.access import files_of
from portal.keys import KeyProblem
from portal.storage import MissingFile
from searches.faults import Fault
from searches.images import DecodedImage, decode
from searches.models import Probe
from searches.recognition import image_limits

logger = logging.getLogger(__name__)


def current_picture(probe: Probe) -> tuple[bytes, str]:
    """The file that is shown, analysed and searched, and its SHA-256: the edit or the upload.

    Raises Fault("file_unreadable") when it is gone, or is not the file that the row names.
    """
    edit = probe.current_edit
    if edit is None:
        return original_picture(probe)
    return _read(probe, edit.file_key, edit.result_sha256)


def original_picture(probe: Probe) -> tuple[bytes, str]:
    """The file as it was uploaded, and its SHA-256. Raises as `current_picture` does."""
    return _read(probe, probe.file_key, probe.sha256)


def current_pixels(probe: Probe) -> DecodedImage:
    """The current picture decoded, before its quarter turns. Raises Fault or ImageRejected."""
    return _decoded(current_picture(probe)[0])


def original_pixels(probe: Probe) -> DecodedImage:
    """The uploaded picture decoded. Raises Fault or ImageRejected."""
    return _decoded(original_picture(probe)[0])


def _read(probe: Probe, key: str, expected: str) -> tuple[bytes, str]:
    try:
        data = files_of(probe.agency_id).get(key)
    except (MissingFile, KeyProblem) as error:
        logger.exception("probe %s: stored picture unreadable", probe.pk)
        raise Fault("file_unreadable") from error
    if sha256(data).hexdigest() != expected:
        logger.error("probe %s: stored picture is not the one of its row", probe.pk)
        raise Fault("file_unreadable")
    return data, expected


def _decoded(data: bytes) -> DecodedImage:
    # A derivative is a PNG and may be larger than what may be uploaded; its pixels may not.
    limits = image_limits()
    return decode(data, replace(limits, max_bytes=max(limits.max_bytes, len(data))))
