"""Keeps Pillow and libtiff from talking about foreign files on standard error."""

import ctypes
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import _imaging

_lock = threading.Lock()
_inside = 0
_saved = warnings.catch_warnings()


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """warnings.catch_warnings for threads: the first one in silences, the last one out restores.

    What Pillow warns about (odd EXIF, surplus TIFF tags) is either harmless or rejected anyway.
    """
    global _inside, _saved
    with _lock:
        _inside += 1
        if _inside == 1:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _saved.__exit__(None, None, None)


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
