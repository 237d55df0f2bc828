"""The pictures of the workbench, made from the full ones: a portrait is too small to zoom into.

Nothing depends on whether a face is a candidate: the same steps and the same shape for all.
"""

import logging
from hashlib import sha256

from accounts.access import files_of
from portal.keys import KeyProblem
from portal.storage import MissingFile
from searches.engines.base import Face, RGBImage
from searches.engines.orientation import turned
from searches.faults import Fault
from searches.images import crop, decode, encode_jpeg, thumbnail
from searches.models import FaceImage, Search, SharedFace
from searches.recognition import image_limits
from searches.services.pictures import current_pixels
from searches.services.probes import DISPLAY_SIDE

logger = logging.getLogger(__name__)

MARGIN = 0.6
"""Of the face's size on each side: hair, ears and neck are compared as well."""
LEAST, MOST = 320, 1280


def close_up(upright: RGBImage, face: Face) -> bytes:
    """The square around a face in the pixels that the picture has: enlarging would add none."""
    side = round(max(face.box.width, face.box.height) * (1 + 2 * MARGIN))
    size = min(max(side, LEAST), MOST)
    return encode_jpeg(crop(upright, face.box, margin=MARGIN, size=size), quality=92)


def probe_close_up(search: Search) -> bytes:
    """The chosen face of the picture that was searched with. Raises Fault or ImageRejected."""
    rgb = current_pixels(search.probe).rgb
    return close_up(turned(rgb, search.probe.quarter_turns), search.face)


def enrolled_close_up(image: FaceImage) -> bytes:
    """The face of an enrolled picture. Raises Fault or ImageRejected."""
    return close_up(_enrolled(image), Face.from_json(image.face))


def enrolled_picture(image: FaceImage) -> bytes:
    """The whole enrolled picture upright, scaled for the screen. Raises Fault or ImageRejected."""
    return encode_jpeg(thumbnail(_enrolled(image), DISPLAY_SIDE))


def shown_close_up(picture: FaceImage | SharedFace) -> bytes:
    """The face of an enrolled picture, or its copy from another agency's. Raises as above."""
    if isinstance(picture, FaceImage):
        return enrolled_close_up(picture)
    return _copied(picture, picture.close_up_key)


def shown_picture(picture: FaceImage | SharedFace) -> bytes:
    """The same of the whole picture."""
    if isinstance(picture, FaceImage):
        return enrolled_picture(picture)
    return _copied(picture, picture.picture_key)


def _copied(face: SharedFace, key: str) -> bytes:
    try:
        return files_of(face.agency_id).get(key)
    except (MissingFile, KeyProblem) as error:
        logger.exception("shared face %s: stored picture unreadable", face.pk)
        raise Fault("file_unreadable") from error


def _enrolled(image: FaceImage) -> RGBImage:
    if image.erased_at is not None:
        raise Fault("file_unreadable")
    try:
        data = files_of(image.agency_id).get(image.file_key)
    except (MissingFile, KeyProblem) as error:
        logger.exception("image %s: stored picture unreadable", image.pk)
        raise Fault("file_unreadable") from error
    if sha256(data).hexdigest() != image.sha256:
        logger.error("image %s: stored picture is not the one of its row", image.pk)
        raise Fault("file_unreadable")
    return turned(decode(data, image_limits()).rgb, image.quarter_turns)
