"""What becomes of erasures when an agency moves to another installation."""

from typing import Any

from accounts.moving.mapping import Moving
from accounts.moving.rules import change, may_lack
from galleries.models import ErasurePhase
from searches.models import JobState

ERASURE = "galleries_erasure"
OPEN = (JobState.QUEUED, JobState.RUNNING)

may_lack(ERASURE, "needles_sealed")


def _erasure(row: dict[str, Any], _moving: Moving) -> bool:
    """One that was not proved begins anew here: a worker does and proves it.

    What is looked for after an erasure is in no export, and neither is what it erased already.
    """
    row |= {"needles_sealed": "\\x", "emptied_xid": None}
    if row.get("state") in OPEN:
        row |= {"state": JobState.QUEUED, "claim": None, "claimed_at": None, "attempts": 0}
    if row.get("phase") != ErasurePhase.PROVED:
        row |= {"phase": ErasurePhase.ASKED, "emptied_at": None}
    return True


change(ERASURE, _erasure)
