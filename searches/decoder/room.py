"""What a decoder is given: memory, time, and room for one picture and its pixels."""

from dataclasses import dataclass

from searches.decoder.rejections import ImageLimits

CPU_SECONDS = 30
CLOCK_SECONDS = 60
"""From the picture to the answer; a machine that is busy takes longer than its processor works."""

# The dearest kinds of pictures that are accepted take 24 bytes a pixel: a packed TIFF of 32-bit
# floats that is turned (measured at 12 megapixels).
WORKING_BYTES_PER_PIXEL = 28
# Threads of libde265 and libheif, and what is allocated whatever the picture.
WORKING_BYTES = 192 * 2**20
# The file itself, and what decoders copy of it.
COPIES_OF_THE_FILE = 4


@dataclass(frozen=True, slots=True)
class Room:
    """For the bytes of one file, and for as many pixels."""

    file_bytes: int
    pixels: int

    @property
    def pixel_bytes(self) -> int:
        return 3 * self.pixels

    @property
    def working_bytes(self) -> int:
        """Address space beyond what a decoder has before its picture."""
        return (
            WORKING_BYTES
            + WORKING_BYTES_PER_PIXEL * self.pixels
            + COPIES_OF_THE_FILE * self.file_bytes
        )

    def with_room_for(self, size: int, limits: ImageLimits) -> "Room":
        """This one, or a larger one that also holds what `limits` allow."""
        asked = max(size, limits.max_bytes)
        return Room(max(self.file_bytes, asked), max(self.pixels, limits.max_pixels))
