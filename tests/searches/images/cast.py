"""What becomes of the bytes of a picture."""

from pathlib import Path

import pytest

from searches.images import DEFAULT_LIMITS, ImageLimits, ImageRejected, decode

ROOT = Path(__file__).parents[3]


def outcome(data: bytes) -> str:
    """The format of a picture that opens, else the code; any other exception is a failure."""
    try:
        return decode(data).format
    except ImageRejected as rejected:
        return rejected.code


def rejection(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, limits)
    return caught.value
