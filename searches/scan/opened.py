"""The galleries that this process has mapped; nothing stays mapped that does not hold any more."""

from collections.abc import Callable

from searches.scan.files import Key, State, read_state
from searches.scan.held import Held

_opened: dict[Key, Held] = {}


def opened(key: Key, state: State) -> Held:
    """The mapped files of a state. Raises OSError, ValueError or RuntimeError: they are damaged."""
    found = _opened.get(key)
    if found is None or found.token != state.token:
        _opened.pop(key, None)
        found = _opened[key] = Held(key, state)
    return found


def close_stale(read: Callable[[Key], State | None] = read_state) -> None:
    """Let go of what was taken away or replaced."""
    for key, found in list(_opened.items()):
        state = read(key)
        if state is None or state.token != found.token:
            _opened.pop(key, None)
