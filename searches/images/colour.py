"""Any picture that Pillow can hold, as 8-bit sRGB."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_WHITE_IS_ZERO = 0
_BITS, _PHOTOMETRIC = 258, 262


def to_srgb(picture: Image.Image) -> Image.Image:
    """`picture` in mode RGB: transparency over white, deep pixels scaled, the profile applied."""
    picture.load()
    profile = picture.info.get("icc_profile")
    if picture.mode == "LAB":
        return _from_lab(picture)
    flat = _flat(picture)
    if isinstance(profile, bytes) and profile:
        managed = _managed(flat, profile)
        if managed is not None:
            return managed
    return flat if flat.mode == "RGB" else flat.convert("RGB")


def _flat(picture: Image.Image) -> Image.Image:
    """The picture in one of the modes L, RGB and CMYK, without transparency."""
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return Image.fromarray(_eight_bits(picture))
    if picture.mode in ("LA", "La"):
        pale = picture.convert("LA")
        return _over_white(pale.getchannel("L"), pale.getchannel("A"))
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        return _over_white(clear.convert("RGB"), clear.getchannel("A"))
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("RGB")


def _over_white(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    paper = Image.new(picture.mode, picture.size, "white")
    paper.paste(picture, mask=alpha)
    return paper


def _eight_bits(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey of more than 8 bits in 0..255.

    12-bit and 16-bit values use their full range and floats in 0..1 are taken as such. Everything
    else (32-bit integers, floats beyond 1) is stretched between its extremes: its range is not
    stated anywhere.
    """
    deep = np.asarray(picture).astype(np.float32)
    deep = np.nan_to_num(deep, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(deep.min()), float(deep.max())
    if picture.mode.startswith("I;16"):
        low, high = 0.0, 4095.0 if _tags(picture).get(_BITS) == (12,) else 65535.0
    elif picture.mode == "F" and low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    deep -= low
    deep *= 255.0 / (high - low) if high > low else 0.0
    if _tags(picture).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        # Pillow inverts such pictures of 8 bits and less itself, deeper ones not.
        np.subtract(255.0, deep, out=deep)
    return np.rint(deep).clip(0, 255).astype(np.uint8)


def _tags(picture: Image.Image) -> Mapping[int, Any]:
    tags: Mapping[int, Any] = getattr(picture, "tag_v2", {})
    return tags


def _managed(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture in sRGB, or None when the profile is broken or made for other colours."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _from_lab(picture: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    return ImageCms.applyTransform(picture, transform) or picture.convert("RGB")
