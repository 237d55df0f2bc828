"""What hosts hold in memory to scan it: wiped before the receipt is signed.

This host's files are wiped here and looked through; of another one it is known by the snapshot that
it says it has seen. One of which nothing was heard for long has no process that could search; it
is struck off, so that it throws away what it holds should it come back.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from galleries.erasing.needles import Needle
from galleries.erasing.rewriting import StillSeen
from galleries.erasing.scanning import Scan, scan_memory
from galleries.models import Erasure, ErasureTarget
from searches.scan import files
from searches.scan.current import caught_up
from searches.scan.holders import holders_behind, holders_of_agency, unregister_lost

PAUSE_SECONDS = 0.2
LONGER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Unheld:
    """How many times a gallery is held by hosts that have wiped it, and by such as were lost."""

    holders: int
    lost: int
    scan: Scan | None

    def as_json(self) -> dict[str, Any]:
        found = {"holders": self.holders, "lost": self.lost}
        return found | {"scan": self.scan.as_json() if self.scan else None}


def wait_until_unheld(erasure: Erasure, needles: Sequence[Needle]) -> Unheld | None:
    """Until no host holds any of it; None where it is of no gallery. Raises StillSeen."""
    if erasure.target == ErasureTarget.PROBE:
        return None
    xid, lost = erasure.emptied_xid or 0, 0
    give_up = time.monotonic() + settings.SCAN_DEAD_SECONDS + LONGER_SECONDS
    _wipe_here(erasure)
    while holders_behind(xid):
        lost += unregister_lost(xid, settings.SCAN_DEAD_SECONDS)
        if time.monotonic() > give_up:
            raise StillSeen("a host holds an older state of a gallery")
        time.sleep(PAUSE_SECONDS)
        _wipe_here(erasure)
    return Unheld(holders_of_agency(), lost, scan_memory(needles))


def _wipe_here(erasure: Erasure) -> None:
    """On this host at once, whether the database knows that it holds something or not."""
    for key in files.held():
        if key.agency == erasure.agency_id:
            caught_up(key, beat=True)
