"""What decoders and their zygote give up before there is a picture."""

import os
import resource
import signal

from searches.decoder import callfilter
from searches.decoder.kernel import (
    DEATH_SIGNAL,
    DUMPABLE,
    NO_NEW_PRIVS,
    address_space,
    drop_capabilities,
    prctl,
)
from searches.decoder.room import CPU_SECONDS, Room


def give_up_rights(room: Room) -> None:
    """For the zygote, and so for every decoder: no rights of root, no new ones, no core.

    What a decoder would have to give up as well is given up here, once: each call costs it a page
    fault or more.
    """
    drop_capabilities()
    prctl(NO_NEW_PRIVS, 1)
    _limit(resource.RLIMIT_CORE, 0)
    # Nothing is written but pixels, to memory of this very size.
    _limit(resource.RLIMIT_FSIZE, max(room.pixel_bytes, room.file_bytes))
    _limit(resource.RLIMIT_AS, address_space() + room.working_bytes)


def confine(filter_: bytes | None, parent: int) -> None:
    """Take everything from this process but its memory, its time and what it has open.

    `filter_` says which system calls stay (None where the kernel takes none), `parent` is the
    process that it ends with. Raises OSError.
    """
    prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # A limit of the size of cores does not reach a program that they are piped to, and a core would
    # hold the picture. Nor does anybody but root read this process by ptrace or /proc.
    prctl(DUMPABLE, 0)
    # No further descriptor, so neither file nor socket, with the filter or without. RLIMIT_NPROC
    # cannot be 0: libde265 decodes in a thread. The filter allows threads and no processes.
    _limit(resource.RLIMIT_NOFILE, 0)
    # The first signal ends it, and the second would if it had found a way to ignore the first.
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    if filter_ is not None:
        callfilter.install(filter_)


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, most))
