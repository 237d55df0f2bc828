"""The life of one decoder: a process forked by the zygote that opens one picture and ends."""

import os

from searches.decoder import wire
from searches.decoder.confinement import confine
from searches.decoder.opening import open_picture
from searches.decoder.rejections import DEFAULT_LIMITS, ImageLimits, ImageRejected
from searches.decoder.room import Room

_LINE, _FILE, _PIXELS = 3, 4, 5
"""Descriptors: the socket, and memory that the portal has as well. 0 to 2 lead nowhere, and there
are no others."""
MOST_DESCRIPTORS = 512
"""Of a zygote: one for each decoder that works, and a few."""


class Life:
    """What each decoder of a zygote does. Made by the zygote, lived by its children."""

    def __init__(self, room: Room, filter_: bytes | None, first: bytes, parent: int) -> None:
        self.room = room
        self.filter = filter_
        self._first = first
        self._parent = parent

    def live(self, line: int, file: int, pixels: int) -> None:
        """Confine this process, wait for the one request, answer it. Never returns."""
        status = wire.NOT_READY
        try:
            _keep_only(line, file, pixels)
            confine(self.filter, self._parent)
            open_picture(self._first, DEFAULT_LIMITS)
            request = os.read(_LINE, wire.REQUEST_BYTES)
            status = wire.FAILED
            if request:
                size, limits = wire.read_request(request)
                # Of less than two gigabytes, which come at once.
                os.write(_LINE, _answer(os.pread(_FILE, size, 0), limits))
            status = 0
        finally:
            os._exit(status)


def _keep_only(*descriptors: int) -> None:
    for place, descriptor in enumerate([os.dup(each) for each in descriptors], start=_LINE):
        os.dup2(descriptor, place)
    os.closerange(_LINE + len(descriptors), MOST_DESCRIPTORS)


def _answer(data: bytes, limits: ImageLimits) -> bytes:
    try:
        format, rgb = open_picture(data, limits)
    except ImageRejected as rejection:
        return wire.rejected(rejection)
    _write(memoryview(rgb.tobytes()))
    return wire.opened(format, *rgb.size)


def _write(pixels: memoryview) -> None:
    """Without a mapping: writing needs no page faults, and nobody has to see it unmapped."""
    at = 0
    while at < len(pixels):
        at += os.pwrite(_PIXELS, pixels[at:], at)
