"""Why a picture was refused, and the limits it has to keep."""

from collections.abc import Callable
from dataclasses import dataclass


def N_(message: str) -> str:
    """Mark a text for the message catalogues; Django's own marker would ask for settings."""
    return message


# English templates by code. Worker processes have no Django settings, so nothing is translated
# here; pages pass `gettext` to ImageRejected.translated.
MESSAGES: dict[str, str] = {
    "image_empty": N_("The file is empty. Choose the picture again."),
    "image_too_many_bytes": N_(
        "The file has %(megabytes).1f MB; at most %(limit).0f MB are accepted. "
        "Save the picture at a lower JPEG quality and upload it again."
    ),
    "image_unknown_format": N_(
        "The file is not a picture that can be recognised. "
        "Upload a JPEG, PNG, WebP, HEIC, TIFF or BMP file."
    ),
    "image_format_not_accepted": N_(
        "The file is %(found)s, which is not accepted. "
        "Save the picture as JPEG, PNG, WebP, HEIC, TIFF or BMP and upload it again."
    ),
    "image_too_large": N_(
        "The picture is too large to be opened: at most %(megapixels).0f megapixels and "
        "%(side)d pixels a side are accepted. Scale it down or cut out the part with the person."
    ),
    "image_too_small": N_(
        "The picture has %(width)d x %(height)d pixels; at least %(side)d pixels a side are "
        "needed. Upload the original instead of a preview."
    ),
    "image_animated": N_(
        "The file holds %(frames)d pictures. Save the one that shows the person as a still "
        "picture and upload that."
    ),
    "image_truncated": N_(
        "The file ends before the picture is complete. Copy it again from its source and repeat "
        "the upload."
    ),
    "image_too_complex": N_(
        "The file is put together in a way that would take too long to open. "
        "Save it again as a plain JPEG or PNG."
    ),
    "image_damaged": N_(
        "The file is damaged and cannot be opened. Copy it again from its source, or save it as "
        "PNG with another program."
    ),
}


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What one picture may be; pixels and sides are checked before anything is decoded."""

    max_bytes: int = 25 * 2**20
    max_pixels: int = 50_000_000
    max_side: int = 16_384
    min_side: int = 16
    max_frames: int = 1
    must_be_filtered: bool = False
    """Not to be opened where the kernel does not filter a decoder's system calls."""

    def check_size(self, width: int, height: int) -> None:
        """Raise ImageRejected unless width x height pixels are acceptable."""
        if width < 1 or height < 1:
            raise ImageRejected("image_damaged")
        self.check_block(width, height)
        if min(width, height) < self.min_side:
            raise ImageRejected("image_too_small", width=width, height=height, side=self.min_side)

    def check_block(self, width: int, height: int) -> None:
        """Raise ImageRejected when width x height pixels are more than may be allocated."""
        if max(width, height) > self.max_side or width * height > self.max_pixels:
            raise self.too_large()

    def too_large(self) -> "ImageRejected":
        return ImageRejected(
            "image_too_large", megapixels=self.max_pixels / 1e6, side=self.max_side
        )


class ImageRejected(Exception):
    """A picture that is not taken. `code` is a key of MESSAGES; `message` says what to do."""

    def __init__(self, code: str, **details: float | str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.message = self.translated(str)

    def translated(self, translate: Callable[[str], str]) -> str:
        """The message in a reader's language: `rejected.translated(gettext)`."""
        details = {
            name: translate(value) if isinstance(value, str) else value
            for name, value in self.details.items()
        }
        return translate(MESSAGES[self.code]) % details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call ImageRejected(code) and lose what the message needs.
        return _again, (self.code, self.details)


def _again(code: str, details: dict[str, float | str]) -> ImageRejected:
    return ImageRejected(code, **details)


DEFAULT_LIMITS = ImageLimits()
