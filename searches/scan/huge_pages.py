"""What a scan reads from beginning to end, in pages of 2 MB where the kernel can.

On pages of 4 kB a processor spends up to a third of a scan looking up where the next page lies.
Linux has the pages of a file in memory gathered on request since 6.1 (MADV_COLLAPSE), whatever is
set for such pages in general; each process that maps the file reads it quicker, also at an address
that is no multiple of 2 MB. Wiping takes them away as it does small ones.
"""

import ctypes
import mmap
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

PAGE = 2 * 1024 * 1024
COLLAPSE = 25
"""MADV_COLLAPSE of linux/mman.h, which Python has no name for."""
FIXED = 0x10
"""MAP_FIXED of the same."""


def gather(path: Path) -> bool:
    """Have the full pages of a file in memory put together, 1 GB in some 2 s.

    False where not all of them are: another kernel, a file on a disk, memory in pieces. Nothing
    that reads or writes the file meanwhile sees another content.
    """
    size = path.stat().st_size // PAGE * PAGE
    try:
        return bool(size) and _gathered(path, size)
    except OSError:  # no room for so many addresses: it is slower then, and nothing else
        return False


def _gathered(path: Path, size: int) -> bool:
    # Private and not to be written to, so that the kernel sets no memory aside for it.
    room_for = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, "prot": mmap.PROT_READ}
    with path.open("r+b") as file, mmap.mmap(-1, size + PAGE, **room_for) as room:
        # The kernel asks for an address that is a multiple of a page. Within `room` there is one,
        # and what is mapped over it goes with it.
        start = np.frombuffer(room, np.uint8, 1).ctypes.data
        start += -start % PAGE
        how = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | FIXED
        if _libc().mmap(start, size, *how, file.fileno(), 0) != start:
            return False
        return bool(_libc().madvise(start, size, COLLAPSE) == 0)


@cache
def _libc() -> Any:
    libc = ctypes.CDLL(None)
    number, address, length = ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t
    libc.mmap.restype = address
    libc.mmap.argtypes = [address, length, number, number, number, ctypes.c_long]
    libc.madvise.argtypes = [address, length, number]
    return libc
