"""Keeps libtiff from talking about foreign files on standard error."""

import ctypes

from PIL import _imaging


def silence_libtiff() -> None:
    """Stop libtiff from printing every error it also returns.

    Pillow switches off its warnings but not its errors and offers no way to. A Pillow that has
    libtiff linked in statically does not show the function and keeps printing.
    """
    try:
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler.restype = ctypes.c_void_p
        library.TIFFSetErrorHandler(None)
    except (AttributeError, OSError):
        return
