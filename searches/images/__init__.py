"""Pictures that strangers send: recognised by content, bounded before decoding, upright sRGB after.

Only six formats are ever given to a decoder. Every other outcome is an `ImageRejected`.
"""

from searches.decoder.formats import ACCEPTED, name_matches
from searches.decoder.rejections import DEFAULT_LIMITS, MESSAGES, ImageLimits, ImageRejected
from searches.engines.base import RGBImage
from searches.images.decoding import DecodedImage, decode
from searches.images.editing import crop, encode_jpeg, thumbnail

__all__ = [
    "ACCEPTED",
    "DEFAULT_LIMITS",
    "MESSAGES",
    "DecodedImage",
    "ImageLimits",
    "ImageRejected",
    "RGBImage",
    "crop",
    "decode",
    "encode_jpeg",
    "name_matches",
    "thumbnail",
]
