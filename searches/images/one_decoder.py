"""A process that waits for one picture, as the portal sees it; little of its answer is believed."""

import fcntl
import logging
import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from mmap import MAP_PRIVATE, PROT_READ, PROT_WRITE, mmap
from types import TracebackType
from typing import Self

import numpy as np

from portal.away import DecoderAway
from searches.decoder import wire
from searches.decoder.formats import Format
from searches.decoder.rejections import ImageLimits, ImageRejected
from searches.decoder.room import CLOCK_SECONDS
from searches.engines.base import RGBImage

logger = logging.getLogger(__name__)


class Lost(Exception):
    """A decoder was ended from outside; `rejection` is the picture's when it happens again."""

    def __init__(self, rejection: ImageRejected) -> None:
        super().__init__(rejection.code)
        self.rejection = rejection


@dataclass(frozen=True, slots=True)
class Outcome:
    """A picture as a decoder opened it."""

    format: Format
    rgb: RGBImage


class Decoder:
    """A process that waits for one picture; it ends with the `with` block at the latest."""

    def __init__(self, line: int, file: int, pixels: int, process: int) -> None:
        self._line = socket.socket(fileno=line)
        self._file = file
        self._pixels = pixels
        self._process = process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill()
        self._line.close()
        for descriptor in (self._file, self._pixels, self._process):
            os.close(descriptor)

    def give(self, data: bytes, limits: ImageLimits) -> None:
        """Hand the file over. Raises Lost."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.pwrite(self._file, rest, len(data) - len(rest)) :]
        try:
            self._line.send(wire.request(len(data), limits))
        except OSError as error:
            raise Lost(ImageRejected("image_damaged")) from error

    def outcome(self, limits: ImageLimits) -> Outcome:
        """The picture. Raises ImageRejected, or Lost."""
        self._line.settimeout(CLOCK_SECONDS)
        try:
            record = self._line.recv(wire.ANSWER_BYTES + 1)
        except TimeoutError as error:
            logger.warning("a decoder was ended after %d seconds", CLOCK_SECONDS)
            raise ImageRejected("image_too_complex") from error
        except OSError as error:
            raise Lost(ImageRejected("image_damaged")) from error
        if not record:
            raise Lost(
                ImageRejected("image_damaged")
            )  # the zygote is gone, and every decoder with it
        try:
            answer = wire.read_answer(record, limits)
            if isinstance(answer, wire.Ended):
                raise _fault_of(answer, limits)
            return Outcome(answer.format, self._sealed(answer.width, answer.height))
        except wire.Nonsense as error:
            logger.error("a decoder gave an answer that is none")
            raise ImageRejected("image_damaged") from error

    def _sealed(self, width: int, height: int) -> RGBImage:
        """The pixels, which from now on nobody can change under the portal's hands."""
        try:
            fcntl.fcntl(self._pixels, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        except OSError as error:
            raise wire.Nonsense from error  # the decoder still has them open for writing
        mapped = mmap(self._pixels, height * width * 3, MAP_PRIVATE, PROT_READ | PROT_WRITE)
        return np.frombuffer(mapped, np.uint8).reshape(height, width, 3)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)


def _fault_of(end: wire.Ended, limits: ImageLimits) -> Exception:
    """What the end of a decoder says of its picture."""
    logger.warning("a decoder ended by signal %d, status %d", end.signal, end.status)
    if end.status == wire.NOT_READY:
        return DecoderAway("a decoder could not be confined")
    if end.signal == signal.SIGKILL:
        return Lost(limits.too_large())  # mostly because the machine has no memory left
    return ImageRejected("image_too_complex" if end.signal == signal.SIGXCPU else "image_damaged")
