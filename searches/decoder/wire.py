"""What crosses between the portal and a decoder: fixed records of numbers.

The portal writes requests and believes nothing of an answer: whatever is not one of the closed
lists, or not within the limits that it asked for, is an answer of a decoder that was taken over.
"""

import struct
from dataclasses import dataclass

from searches.decoder.foreign import Foreign, not_accepted
from searches.decoder.formats import Format
from searches.decoder.rejections import MESSAGES, ImageLimits, ImageRejected

HELLO = struct.Struct("<?")
"""Whether the kernel filters the system calls of decoders."""
ONE_MORE = b"+"
"""Asks the zygote to fork a decoder."""
TICKET = b"t"
"""Comes with four descriptors: the decoder's socket, its file, its pixels, itself."""
DESCRIPTORS = 4
FAILED, NOT_READY = 1, 2
"""How a decoder ends by itself: over its picture, or before it had one."""

_REQUEST = struct.Struct("<6Q")
_ANSWER = struct.Struct("<BBQQ")
ANSWER_BYTES = _ANSWER.size
REQUEST_BYTES = _REQUEST.size
_OPENED, _REJECTED, _ENDED = 0, 1, 2
_CODES = tuple(MESSAGES)
_FORMATS = tuple(Format)
_FOREIGN = tuple(Foreign)


class Nonsense(Exception):
    """No decoder of ours answers this."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The pixels are there."""

    format: Format
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The decoder ended without an answer: by a signal, or by itself with one of the two."""

    signal: int
    status: int


def request(size: int, limits: ImageLimits) -> bytes:
    return _REQUEST.pack(
        size,
        limits.max_bytes,
        limits.max_pixels,
        limits.max_side,
        limits.min_side,
        limits.max_frames,
    )


def read_request(record: bytes) -> tuple[int, ImageLimits]:
    size, *limits = _REQUEST.unpack(record)
    return size, ImageLimits(*limits)


def opened(format: Format, width: int, height: int) -> bytes:
    return _ANSWER.pack(_OPENED, _FORMATS.index(format), width, height)


def rejected(rejection: ImageRejected) -> bytes:
    """The code and its numbers; what follows from the limits, the reader knows itself."""
    code, details = _CODES.index(rejection.code), rejection.details
    a = b = 0
    match rejection.code:
        case "image_too_small":
            a, b = int(details["width"]), int(details["height"])
        case "image_animated":
            a = int(details["frames"])
        case "image_format_not_accepted":
            a = _FOREIGN.index(Foreign(str(details["found"])))
    return _ANSWER.pack(_REJECTED, code, a, b)


def ended(code: int) -> bytes:
    """`code` is the exit's, negative for a signal."""
    return _ANSWER.pack(_ENDED, 0, max(-code, 0), max(code, 0))


def read_answer(record: bytes, limits: ImageLimits) -> Opened | Ended:
    """Raises ImageRejected for a rejection, Nonsense for what is no answer within the limits."""
    try:
        verdict, kind, a, b = _ANSWER.unpack(record)
        if verdict == _OPENED:
            limits.check_size(a, b)
            return Opened(_FORMATS[kind], a, b)
        if verdict == _ENDED:
            return Ended(a, b)
        rejection = _rejection(_CODES[kind], a, b, limits) if verdict == _REJECTED else None
    except (struct.error, IndexError) as error:
        raise Nonsense from error
    raise rejection or Nonsense


def _rejection(code: str, a: int, b: int, limits: ImageLimits) -> ImageRejected:
    match code:
        case "image_too_large":
            return limits.too_large()
        case "image_too_small":
            return ImageRejected(code, width=a, height=b, side=limits.min_side)
        case "image_animated":
            return ImageRejected(code, frames=a)
        case "image_format_not_accepted":
            return not_accepted(_FOREIGN[a])
        case "image_too_many_bytes" | "image_empty":
            raise IndexError  # decoders are not asked about such files
    return ImageRejected(code)
