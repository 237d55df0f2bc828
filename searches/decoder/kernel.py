"""The calls to the kernel that Python does not offer."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
_python = ctypes.PyDLL(None)
libc.prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)

DEATH_SIGNAL, DUMPABLE, SET_SECCOMP, NO_NEW_PRIVS = 1, 4, 22, 38

HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Environment of a process whose heap asks for large pages; without glibc it says nothing."""
# M_ARENA_MAX, M_MMAP_THRESHOLD (its largest value), M_TOP_PAD, M_TRIM_THRESHOLD.
_HEAP = {-8: 1, -3: 32 * 2**20, -2: 64 * 2**20, -1: 2**30}
_CAPABILITIES_VERSION = 0x20080522


def prctl(option: int, a: int, b: int = 0) -> None:
    """Raises OSError."""
    if libc.prctl(option, a, b, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def drop_capabilities() -> None:
    """Nothing that root may do beyond its own files, for this process and its children."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def address_space() -> int:
    """Bytes that this process has mapped."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def arrange_heap() -> None:
    """One heap for all threads, which also holds what is large.

    A heap for each thread would reserve address space by the 100 MB; and with HUGE_PAGES the heap
    grows by pages of 2 MB, so that a picture costs a few page faults instead of thousands.
    """
    for parameter, value in _HEAP.items():
        if not libc.mallopt(parameter, value):
            raise OSError("mallopt")


def fork() -> int:
    """os.fork without what Python has registered to be done in children: it costs a millisecond.

    For a process of one thread whose children do not fork again.
    """
    pid = int(_python.fork())
    if pid < 0:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return pid
