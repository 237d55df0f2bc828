"""The one check of a picture's form that every engine makes before it looks at the picture."""

import numpy as np

from .base import EngineError, RGBImage


def require_rgb(image: object) -> RGBImage:
    """The same pixels in contiguous memory, [height, width, 3] uint8 RGB.

    Raises EngineError("bad_pixels") for anything else: other dtypes would be scaled wrongly or
    silently find no face, and grey or four-channel arrays have no agreed order of channels.
    """
    if (
        not isinstance(image, np.ndarray)
        or image.dtype != np.uint8
        or image.ndim != 3
        or image.shape[2] != 3
        or 0 in image.shape
    ):
        form = getattr(image, "shape", None), str(getattr(image, "dtype", type(image).__name__))
        raise EngineError(
            "bad_pixels",
            f"A picture must be a uint8 RGB array [height, width, 3]; this one is {form}. "
            "Decode and convert it first.",
        )
    return np.ascontiguousarray(image)
