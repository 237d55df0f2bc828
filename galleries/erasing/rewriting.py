"""The second phase: tables and their indexes are written anew, without what was deleted.

PostgreSQL leaves deleted bytes in the pages of a table and of its indexes; VACUUM clears them in
part only (docs/erasure.md has the figures). Writing a table anew clears all of them. It locks the
table meanwhile: about 0.5 s for 100 MB.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from galleries.models import Erasure, ErasureTarget, TableRewrite

WAIT_SECONDS = 60.0
# Whoever waits for a table keeps everybody waiting who comes later, so it is a moment each time.
LOCK_TIMEOUT, PAUSE_SECONDS = "2s", 1.0
OF_GALLERIES = ["searches_faceimage", "searches_subject", "searches_enrolment"]
OF_PROBES = ["searches_probe", "searches_probeedit", "searches_searchedface"]
OF_PROBES += ["searches_scanquestion"]
# Rows of other parts of the portal about pictures and subjects.
_further: list[str] = []


class StillSeen(Exception):
    """A transaction that began before the erasure goes on; the job is tried again later."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was rewritten for one erasure, for its receipt."""

    tables: list[str]
    seconds: float


def also_rewrite(table: str) -> None:
    """Have a table of another part of the portal rewritten with those of galleries."""
    _further.append(table)


def tables_of(erasure: Erasure) -> list[str]:
    """The tables that hold what was deleted."""
    if erasure.target == ErasureTarget.PROBE:
        return OF_PROBES
    return [template_table(erasure.agency_id), *OF_GALLERIES, *_further]


def tables_of_agency(agency_id: int) -> list[str]:
    """The tables that held faces of an agency, of its galleries and of its searches."""
    return [template_table(agency_id), *OF_GALLERIES, *_further, *OF_PROBES]


def template_table(agency_id: int) -> str:
    """Where the agency's templates lie."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT galleries_template_table(%s)", [agency_id])
        return str(cursor.fetchone()[0])


def rewrite(tables: Sequence[str], emptied_xid: int) -> Rewritten:
    """Rewrite what held bytes that transactions before `emptied_xid` deleted. Raises StillSeen.

    A table that somebody rewrote since is left as it is. In autocommit: each table is one short
    transaction of its own.
    """
    began = time.monotonic()
    _wait_until_unseen(emptied_xid)
    for table in tables:
        _rewrite_in_time(table, emptied_xid, time.monotonic() + WAIT_SECONDS)
    return Rewritten(list(tables), round(time.monotonic() - began, 3))


def next_xid() -> int:
    """A transaction id that is not below any that took part in what was done so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _wait_until_unseen(xid: int) -> None:
    give_up = time.monotonic() + WAIT_SECONDS
    while _horizon() <= xid:
        if time.monotonic() > give_up:
            raise StillSeen(f"a transaction older than {xid} goes on")
        time.sleep(0.05)


def _horizon() -> int:
    """The oldest transaction whose deletions somebody may still not see.

    While somebody does not, the server keeps what was deleted, also in new files.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT galleries_horizon()")
        return int(cursor.fetchone()[0])


def _rewrite_in_time(table: str, emptied: int, give_up: float) -> None:
    """Try again while somebody reads the table. Raises StillSeen."""
    while True:
        try:
            _rewrite(table, emptied)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            if time.monotonic() > give_up:
                raise StillSeen(f"{table} is in use") from error
            time.sleep(PAUSE_SECONDS)


@transaction.atomic
def _rewrite(table: str, emptied: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rewrite'), hashtext(%s))", [table])
        if TableRewrite.objects.filter(name=table, horizon__gt=emptied).exists():
            return
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        horizon = _horizon()
        cursor.execute("SELECT galleries_rewrite(%s)", [table])
    TableRewrite.objects.update_or_create(
        name=table, defaults={"horizon": horizon, "at": timezone.now()}
    )
