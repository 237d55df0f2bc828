"""What the galleries that a host holds may take of its memory, and which go first."""

import logging
import os
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from django.conf import settings

from portal.tenancy import scope
from searches.scan.codes import bytes_of
from searches.scan.current import forget
from searches.scan.files import Key, bytes_in_use, held, lock, used_at
from searches.scan.held import TAIL

logger = logging.getLogger(__name__)

WAIT_SECONDS = 5.0
LEFT_FREE = 0.2
"""The part of the host's free memory that is left to others."""


def size_of(templates: int, dimension: int) -> int:
    """Bytes for a gallery, with all that may come before it is coded anew."""
    each = 2 * dimension + 16 + 4 + 1  # vector, id, its place in their order, whether it lives
    return bytes_of(templates, dimension) + templates * each + TAIL * (2 * dimension + 17)


def make_room(key: Key, size: int) -> bool:
    """Evict what was not searched for longest until a gallery has room; false: it never will."""
    if size > settings.SCAN_MEMORY_BYTES:
        logger.warning("%s needs %d MB: CANDOR_SCAN_MEMORY_MB", key.name, size >> 20)
        return False
    while bytes_in_use() + size > settings.SCAN_MEMORY_BYTES or size > _free():
        others = sorted(held(), key=used_at)
        if not others or not evict(others[0]):
            return bytes_in_use() + size <= settings.SCAN_MEMORY_BYTES and size <= _free()
    return True


def evict(key: Key) -> bool:
    """Hold a gallery no longer; its searches go by SQL. False: somebody is changing it."""
    with lock(key.name, WAIT_SECONDS) as alone:
        if alone:
            logger.info("%s is evicted", key.name)
            with scope(key.agency):
                forget(key)
        return alone


def _free() -> int:
    """Bytes that the folder could take: of its file system, and of the host."""
    room = os.statvfs(Path(settings.SCAN_FOLDER))
    available = int(psutil.virtual_memory().available * (1 - LEFT_FREE))
    return min(room.f_bavail * room.f_frsize, available)
