"""A restored database is closed until what was erased since its backup is erased again.

The gate is a setting of the database itself, so that it holds for every process on every host. It
stands where connections are made: no page, no worker and no command gets past it by forgetting it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING = "candor.restoring"
_passing = False


class RestoreUnfinished(OperationalError):
    """Nobody works on this database before `manage.py restore` has come to its end."""


def refuse_if_closed(wrapper: BaseDatabaseWrapper) -> None:
    """Raises RestoreUnfinished on a new connection to a database that is being restored."""
    if _passing:
        return
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true) = 'on'", [SETTING])
        closed = cursor.fetchone()[0]
    if closed:
        wrapper.close()
        raise RestoreUnfinished(
            "This database was restored from a backup, and what was erased since is not erased"
            " again yet. Run: manage.py restore --finish SOURCE"
        )


@contextmanager
def passage() -> Iterator[None]:
    """Let this process through, which erases again."""
    global _passing
    _passing = True
    try:
        yield
    finally:
        _passing = False
