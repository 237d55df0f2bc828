"""What somebody who has taken a decoder over would try; each attempt answers how it ended.

Run as a program of its own (`-I`), which confines a child as the zygote does.
"""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from searches.decoder import callfilter, confinement
from searches.decoder.kernel import libc
from searches.decoder.room import Room

ROOM = Room(2**20, 10_000)


def open_a_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def make_a_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def start_a_program() -> None:
    os.execve("/bin/true", ["true"], {})


def fork() -> None:
    if not os.fork():
        os._exit(0)


def signal_the_parent() -> None:
    os.kill(os.getppid(), 0)


def read_the_parent() -> None:
    buffer = ctypes.create_string_buffer(8)
    here = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    if libc.process_vm_readv(os.getppid(), here, 1, here, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")


def make_memory_executable() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def raise_the_limits() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def ignore_signals() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)


def take_all_memory() -> None:
    bytearray(4 * 2**30)


def use_a_thread() -> None:
    """Not an attack: libde265 needs it."""
    thread = threading.Thread(target=time.perf_counter)
    thread.start()
    thread.join()


# What limits alone refuse; without a filter the rest is to be had.
LIMITED: list[Callable[[], None]] = [
    open_a_file,
    make_a_socket,
    raise_the_limits,
    take_all_memory,
]
ATTEMPTS: list[Callable[[], None]] = [
    open_a_file,
    make_a_socket,
    start_a_program,
    fork,
    signal_the_parent,
    read_the_parent,
    make_memory_executable,
    raise_the_limits,
    ignore_signals,
    take_all_memory,
    use_a_thread,
]


def attempt(tried: Callable[[], None]) -> str:
    try:
        tried()
    except OSError as error:
        return os.strerror(error.errno or 0)
    except (MemoryError, ValueError) as error:
        return type(error).__name__
    return "done"


def confined(filter_: bytes | None, then: Callable[[], None]) -> int:
    """The status of a child that did `then` after it was confined."""
    parent = os.getpid()
    child = os.fork()
    if not child:
        confinement.confine(filter_, parent)
        then()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def tell(attempts: list[Callable[[], None]]) -> None:
    """A line for each attempt, at once: one of them may not come back."""
    for tried in attempts:
        os.write(1, json.dumps([tried.__name__, attempt(tried)]).encode() + b"\n")


def loop() -> None:
    while True:
        pass


def main() -> None:
    confinement.give_up_rights(ROOM)
    match sys.argv[1]:
        case "filtered":
            confined(callfilter.program(), lambda: tell(ATTEMPTS))
        case "unfiltered":
            confined(None, lambda: tell(LIMITED))
        case "looping":
            vars(confinement)["CPU_SECONDS"] = 1
            status = confined(callfilter.program(), loop)
            print(signal.Signals(os.WTERMSIG(status)).name)


if __name__ == "__main__":
    main()
