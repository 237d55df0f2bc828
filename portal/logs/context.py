"""Whose work a line of the log belongs to: ids only, set where the work begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Id = int | str

_ids: ContextVar[dict[str, Id] | None] = ContextVar("candor_log_ids", default=None)


@contextmanager
def working(**ids: Id | None) -> Iterator[None]:
    """Lines that are written in this block carry these ids, and those that `know` adds in it."""
    token = _ids.set({**current(), **_known(ids)})
    try:
        yield
    finally:
        _ids.reset(token)


def know(**ids: Id | None) -> None:
    """Add what has become known of the work under way; does nothing outside of `working`."""
    held = _ids.get()
    if held is not None:
        held.update(_known(ids))


def current() -> dict[str, Id]:
    return dict(_ids.get() or {})


def _known(ids: dict[str, Id | None]) -> dict[str, Id]:
    return {name: value for name, value in ids.items() if value is not None}
