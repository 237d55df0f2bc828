"""One import at a time; and what an import that was killed has left goes with the next one.

Its rows went with its transaction. Its files lie under a number that no agency has; the row that
names that number was committed before the first of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Agency, AgencyImport
from accounts.moving.faults import MoveRefused
from accounts.moving.files import remove_files
from portal.tenancy import platform_scope

_TRY = "SELECT pg_try_advisory_lock(hashtextextended('candor import of an agency', 0))"
_FREE = "SELECT pg_advisory_unlock(hashtextextended('candor import of an agency', 0))"


@contextmanager
def alone() -> Iterator[None]:
    """The right to import, as long as the block. Raises MoveRefused("import_running")."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY)
        if cursor.fetchone() != (True,):
            raise MoveRefused("import_running")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_FREE)


def clear_leftovers() -> int:
    """Remove the files of imports that never ended, for whoever is `alone`; returns how many."""
    with platform_scope():
        rows = list(AgencyImport.objects.filter(finished_at=None))
        for row in rows:
            if not Agency.objects.filter(pk=row.folder).exists():
                remove_files(row.folder)
            row.delete()
    return len(rows)


def sweep_leftovers() -> int:
    """The same by the clock; nothing while an import runs."""
    try:
        with alone():
            return clear_leftovers()
    except MoveRefused:
        return 0


def begin(manifest_sha256: str, first_head: str) -> AgencyImport:
    """Note the number under which files will lie, before there are any. Committed at once.

    Raises MoveRefused for an agency that was brought here before, also if it is gone since: what
    was destroyed does not come back from an older export.
    """
    with platform_scope(), transaction.atomic():
        done = AgencyImport.objects.filter(first_head=first_head).exclude(finished_at=None)
        if done.exists():
            raise MoveRefused("import_known_here")
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('accounts_agency', 'id'))")
            (number,) = cursor.fetchone()
        return AgencyImport.objects.create(
            folder=number, manifest_sha256=manifest_sha256, first_head=first_head
        )


def finish(row: AgencyImport) -> None:
    """In the transaction that brings the rows in."""
    with platform_scope():
        AgencyImport.objects.filter(pk=row.pk).update(finished_at=timezone.now())


def give_up(row: AgencyImport) -> None:
    """Remove what a failed import stored, then the note of it."""
    remove_files(row.folder)
    with platform_scope(), transaction.atomic():
        AgencyImport.objects.filter(pk=row.pk, finished_at=None).delete()
