"""From untrusted bytes to upright sRGB pixels, or to a rejection with a code."""

import hashlib
from dataclasses import dataclass

from searches.decoder.formats import ACCEPTED
from searches.decoder.rejections import DEFAULT_LIMITS, ImageLimits, ImageRejected
from searches.engines.base import RGBImage
from searches.images.decoders import decoders
from searches.images.one_decoder import Lost, Outcome


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """`rgb` is [height, width, 3], upright sRGB and contiguous; `sha256` and `size` (in bytes)
    are of the file as it was sent."""

    rgb: RGBImage
    format: str
    media_type: str
    sha256: str
    size: int

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])


def decode(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> DecodedImage:
    """Open one still picture of an accepted format, in a process that sees this picture alone.

    Raises ImageRejected, and DecoderAway when no such process is to be had. Needs no Django
    settings, may be called from several threads.
    """
    if not data:
        raise ImageRejected("image_empty")
    if len(data) > limits.max_bytes:
        raise ImageRejected(
            "image_too_many_bytes", megabytes=len(data) / 2**20, limit=limits.max_bytes / 2**20
        )
    try:
        opened, sha256 = _opened(data, limits)
    except Lost:  # by no fault of the picture, as far as anybody knows: a fresh process, once
        try:
            opened, sha256 = _opened(data, limits)
        except Lost as lost:
            raise lost.rejection from lost
    media_type = ACCEPTED[opened.format].media_type
    return DecodedImage(opened.rgb, str(opened.format), media_type, sha256, len(data))


def _opened(data: bytes, limits: ImageLimits) -> tuple[Outcome, str]:
    with decoders().take(len(data), limits) as decoder:
        decoder.give(data, limits)
        sha256 = hashlib.sha256(data).hexdigest()  # while the decoder works
        return decoder.outcome(limits), sha256
