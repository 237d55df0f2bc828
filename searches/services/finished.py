"""Who wants to know that a search has finished; apps above register here."""

from collections.abc import Callable

from searches.models import Search

_listeners: list[Callable[[Search], None]] = []


def on_finished(listener: Callable[[Search], None]) -> None:
    """Have every finished search told to `listener`, in its transaction and in its scope.

    A listener rings a bell and does no work: what it raises would undo the search.
    """
    _listeners.append(listener)


def tell_finished(search: Search) -> None:
    for listener in _listeners:
        listener(search)
