"""What becomes of the bytes of a picture: in a decoder of its own, or right here."""

import warnings
from pathlib import Path

import pytest

from searches.decoder.opening import open_picture
from searches.images import DEFAULT_LIMITS, ImageLimits, ImageRejected, decode

ROOT = Path(__file__).parents[3]


def outcome(data: bytes) -> str:
    """The format of a picture that opens, else the code; any other exception is a failure."""
    try:
        return decode(data).format
    except ImageRejected as rejected:
        return rejected.code


def outcome_here(data: bytes) -> str:
    """As `outcome`, by what runs in decoders, but in this process: for thousands of files."""
    if not data:
        return "image_empty"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the zygote does
        try:
            return open_picture(data, DEFAULT_LIMITS)[0]
        except ImageRejected as rejected:
            return rejected.code


def rejection(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, limits)
    return caught.value
