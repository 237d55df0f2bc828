"""The memory in which workers hold large galleries."""

from pathlib import Path

import psutil  # type: ignore[import-untyped]
from django.conf import settings

from portal.doctor.problems import Advice
from searches.scan import files
from searches.scan.hosts import live_hosts


def check_memory() -> str:
    if not settings.SCAN_MEMORY_BYTES:
        return "not used (CANDOR_SCAN_MEMORY_MB)"
    folder = Path(settings.SCAN_FOLDER)
    if not files.is_in_memory(folder.parent):
        raise Advice(
            f"{folder} does not lie in memory: every gallery is searched in SQL",
            "Set CANDOR_SCAN_FOLDER to a folder of a tmpfs, as /dev/shm",
        )
    held = files.held()
    used = files.bytes_in_use() if held else 0
    if held and psutil.swap_memory().total:
        raise Advice(
            f"{len(held)} galleries in {folder}, which may be written to swap",
            "Switch swap off on hosts that hold galleries, or encrypt it",
        )
    said = f"{len(held)} galleries held, {used >> 20} of {settings.SCAN_MEMORY_BYTES >> 20} MB"
    names = ", ".join(host.name for host in live_hosts())
    return f"{said}; hosts that answer: {names}" if names else said
