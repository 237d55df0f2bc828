"""The processes in which pictures are opened."""

from portal.away import DecoderAway
from portal.doctor.problems import Advice, Problem
from searches.engines.synthetic import draw_empty
from searches.images import decode, encode_jpeg
from searches.images.decoders import decoders
from searches.recognition import image_limits


def check_decoders() -> str:
    """A picture is opened in one, and what confines it is named."""
    limits = image_limits()
    try:
        decode(encode_jpeg(draw_empty(1, size=64)), limits)
        filtered = decoders().are_filtered(limits)
    except DecoderAway as away:
        raise Problem(
            str(away), "See docs/operations.md; CANDOR_DECODER_SANDBOX=best asks for less"
        ) from away
    if not filtered:
        raise Advice(
            "limits of memory, time and descriptors hold; the kernel filters no system calls",
            "Allow seccomp in this container, or use a kernel that has it",
        )
    return "a process for each picture: limits hold, and system calls are filtered"
