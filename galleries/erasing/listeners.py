"""Who wants to know of an erasure: rows elsewhere about what goes, and who waits for the proof."""

from collections.abc import Callable, Sequence
from uuid import UUID

from galleries.models import Erasure

Emptied = Callable[[Sequence[UUID], Sequence[UUID]], None]
Proved = Callable[[Erasure], None]
Gone = Callable[[Sequence[UUID]], None]
_emptied: list[Emptied] = []
_gone: list[Gone] = []
_proved: list[Proved] = []


def on_emptied(listener: Emptied) -> None:
    """Have `listener(images, subjects)` called in the transaction that empties these rows.

    It removes what other tables still say of them.
    """
    _emptied.append(listener)


def on_gallery_gone(listener: Gone) -> None:
    """Have `listener(galleries)` called when these galleries were closed for good.

    It removes what else is kept for them: what was uploaded and what is held. In autocommit, and
    again when the worker was killed.
    """
    _gone.append(listener)


def on_proved(listener: Proved) -> None:
    """Have `listener(erasure)` called in the transaction that signs the receipt."""
    _proved.append(listener)


def tell_emptied(images: Sequence[UUID], subjects: Sequence[UUID]) -> None:
    for listener in _emptied:
        listener(images, subjects)


def tell_gallery_gone(galleries: Sequence[UUID]) -> None:
    for listener in _gone:
        listener(galleries)


def tell_proved(erasure: Erasure) -> None:
    for listener in _proved:
        listener(erasure)
