"""Whether the master key does its work: one key wrapped and opened again."""

import os
import time
from threading import Lock

from portal.away import KeyServiceAway
from portal.keys import KEY_BYTES, KeyProblem
from portal.masterkeys.registry import current_label, unwrap, wrap

IDENTITY = "trial"
# Anybody may ask for the health of the portal; the key service is asked this seldom.
SECONDS = 15

_last: list[tuple[float, str, bool]] = []
_lock = Lock()


def try_out() -> None:
    """Raises KeyServiceAway, or KeyProblem when what comes back is not what went."""
    key = os.urandom(KEY_BYTES)
    if unwrap(wrap(key, IDENTITY), IDENTITY) != key:
        raise KeyProblem("the master key gives back another key")


def is_reachable() -> bool:
    """The same as yes or no, remembered for a while."""
    label = current_label()
    with _lock:
        if _last and _last[0][1] == label and time.monotonic() - _last[0][0] < SECONDS:
            return _last[0][2]
        try:
            try_out()
        except (KeyServiceAway, KeyProblem):
            works = False
        else:
            works = True
        _last[:] = [(time.monotonic(), label, works)]
        return works


def forget_trial() -> None:
    """Ask anew at the next question."""
    with _lock:
        _last.clear()
