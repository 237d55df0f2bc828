"""Any picture that Pillow can hold, as 8-bit sRGB."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast

from PIL import Image, ImageCms, ImageMath

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
        return _eight_bits(picture)
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


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of more than 8 bits in 0..255.

    12-bit and 16-bit values use their full range and floats in 0..1 are taken as such. Everything
    else (32-bit integers, floats beyond 1) is stretched between its extremes: its range is not
    stated anywhere.
    """
    is_sixteen = picture.mode.startswith("I;16")
    deep = (picture.convert("I") if is_sixteen else picture).convert("F")
    if picture.mode == "F":
        deep = _finite(deep)
    low, high = cast(tuple[float, float], deep.getextrema())
    if is_sixteen:
        low, high = 0.0, 4095.0 if _tags(picture).get(_BITS) == (12,) else 65535.0
    elif picture.mode == "F" and low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    scale = 255.0 / (high - low) if high > low else 0.0
    shift = -low * scale
    if _tags(picture).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        # Pillow inverts such pictures of 8 bits and less itself, deeper ones not.
        scale, shift = -scale, 255.0 - shift
    # The conversion cuts fractions off, and what lies beyond the range.
    return deep.point(lambda value: value * scale + (shift + 0.5)).convert("L")


def _finite(picture: Image.Image) -> Image.Image:
    """Floats with 0 for what is no number: of all values those alone differ from themselves less
    themselves."""
    is_number = ImageMath.lambda_eval(
        lambda given: given["convert"]((given["x"] - given["x"] == 0) * 255, "L"), x=picture
    )
    clean = Image.new("F", picture.size)
    clean.paste(picture, mask=is_number)
    return clean


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
