"""The system calls that a decoder may make, as a filter of the kernel (seccomp).

Memory, threads and the end of it: whoever takes a decoder over can compute and answer, but not
open a file, make a socket or start a program. Written here because the one binding that is widely
used (pyseccomp) has not been touched since 2021 and needs a libseccomp on the host.
"""

import ctypes
import errno
import platform
import struct
from dataclasses import dataclass

from searches.decoder.kernel import SET_SECCOMP, libc, prctl

_FILTER_MODE = 2
# seccomp_data: the call's number, the architecture, the instruction pointer, six arguments.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
# glibc then falls back on clone, whose flags can be seen.
_NOT_THERE = 0x00050000 | errno.ENOSYS

_EXECUTABLE = 0x4
_THREAD = 0x00010000 | 0x00000100  # CLONE_THREAD, CLONE_VM
_X32 = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """Numbers of system calls differ between processors."""

    audit: int
    allowed: tuple[int, ...]
    clone: int
    clone3: int
    mapping: tuple[int, int]
    """mmap and mprotect: their third argument may not make memory executable."""


# Numbers on x86-64 and on 64-bit ARM.
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "rseq": (334, 293),
}
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        allowed=tuple(x86 for x86, _ in _CALLS.values()),
        clone=56,
        clone3=435,
        mapping=(9, 10),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        allowed=tuple(arm for _, arm in _CALLS.values()),
        clone=220,
        clone3=435,
        mapping=(222, 226),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def is_possible() -> bool:
    """Whether this machine's filter is written here and its kernel takes filters at all."""
    if platform.machine() not in _MACHINES:
        return False
    # A kernel that knows the mode looks for the program, which is not there.
    libc.prctl(SET_SECCOMP, _FILTER_MODE, 0, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def program() -> bytes:
    """The filter of this machine; made once, by the zygote."""
    machine = _MACHINES[platform.machine()]
    return b"".join(
        (
            _op(_LOAD, _ARCHITECTURE),
            _op(_EQUAL, machine.audit, 1, 0),
            _op(_RETURN, _KILL),
            _op(_LOAD, _NUMBER),
            _op(_AT_LEAST, _X32, 0, 1),
            _op(_RETURN, _KILL),
            *(_when(number, _op(_RETURN, _ALLOW)) for number in machine.allowed),
            _when(machine.clone3, _op(_RETURN, _NOT_THERE)),
            _when(machine.clone, _only_threads()),
            *(_when(number, _never_executable()) for number in machine.mapping),
            _op(_RETURN, _REFUSE),
        )
    )


def install(instructions: bytes) -> None:
    """From here on this process, which must have given up its rights. Raises OSError."""
    count = len(instructions) // 8
    filter_ = _Program(count, instructions)
    prctl(SET_SECCOMP, _FILTER_MODE, ctypes.addressof(filter_))


def _only_threads() -> bytes:
    return b"".join(
        (
            _op(_LOAD, _ARGUMENTS),
            _op(_AND, _THREAD),
            _op(_EQUAL, _THREAD, 0, 1),
            _op(_RETURN, _ALLOW),
            _op(_RETURN, _REFUSE),
        )
    )


def _never_executable() -> bytes:
    return b"".join(
        (
            _op(_LOAD, _ARGUMENTS + 2 * 8),
            _op(_ANY_BIT, _EXECUTABLE, 1, 0),
            _op(_RETURN, _ALLOW),
            _op(_RETURN, _REFUSE),
        )
    )


def _when(number: int, then: bytes) -> bytes:
    """`then`, which returns, for one system call; the next instruction for all others."""
    return _op(_EQUAL, number, 0, len(then) // 8) + then


def _op(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """One instruction of the classic BPF machine; the jumps count instructions to pass over."""
    return struct.pack("=HBBI", code, if_so, if_not, value)
