"""The worker's part of an agency's end. The row is the job: killed anywhere, it is done again.

A worker holds a PostgreSQL advisory lock while it works, as for searches (docs/adr/0003); each of
its writes asks for the token of its claim.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.mails_offboarding import tell_of_export
from accounts.models import Agency, AgencyState, Offboarding, OffboardingState
from accounts.offboarding import destroying
from accounts.offboarding.archive import write_export
from accounts.offboarding.claims import Superseded, change
from accounts.offboarding.registry import obstacle_of
from accounts.services.offboarding import TASK
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.away import PartAway
from portal.keys import KeyProblem
from portal.tasks import ring
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

S = OffboardingState
# An export that was late leaves its agency at least this time to fetch it.
LEAST_TIME = timedelta(days=7)
# One that failed is tried again after a day.
RETRY_AFTER = timedelta(days=1)
LOCK = "candor offboarding"


def sweep_offboardings() -> int:
    """Ring for every off-boarding that has something to do; returns how many."""
    now = timezone.now()
    due = Q(state__in=[S.WAITING, S.EXPORTING, S.DESTROYING]) | Q(
        state=S.EXPORTED, deadline__lte=now
    )
    due |= Q(state=S.FAILED, rung_at__lt=now - RETRY_AFTER)
    with platform_scope():
        closed = Agency.objects.filter(state=AgencyState.CLOSED).values("pk")
        rows = Offboarding._base_manager.filter(due, agency_id__in=closed)
        agencies = list(rows.order_by("pk").values_list("agency_id", flat=True))
    for agency_id in agencies:
        with scope(agency_id):
            Offboarding.objects.filter(agency_id=agency_id).update(rung_at=Now())
            ring(TASK, agency_id)
    return len(agencies)


def run_offboarding(agency_id: int) -> None:
    """Do what the agency's off-boarding needs now, in its scope; nothing when that is nothing."""
    with _locked(agency_id) as ours:
        if not ours or obstacle_of(agency_id):
            return
        row = _claim()
        if row is None:
            return
        actor = system_actor("offboarding", agency_id)
        try:
            if row.attempts > settings.JOB_MAX_ATTEMPTS:
                _fail(actor, row, "gave_up")
            elif row.state == S.EXPORTING:
                _export(actor, row)
            else:
                destroying.destroy(actor, row)
        except PartAway as away:  # not counted: it goes on when that is back
            logger.warning("The off-boarding of agency %s waits: %s", agency_id, away)
            change(row, attempts=0)
        except KeyProblem:
            logger.exception("Agency %s: its files cannot be opened", agency_id)
            _fail(actor, row, "file_unreadable")
        except Superseded:
            logger.info("The off-boarding of agency %s was taken over", agency_id)


def _claim() -> Offboarding | None:
    """The row, claimed for this process and in the state of what is to be done."""
    over = Q(state=S.EXPORTED, deadline__lte=Now())
    mine = {"claim": uuid.uuid4()}
    again = {**mine, "attempts": F("attempts") + 1}
    anew: dict[str, Any] = {**mine, "attempts": 1, "failure_code": ""}
    failed = Q(state=S.FAILED)
    steps: list[tuple[Q, dict[str, Any]]] = [
        (Q(state__in=[S.EXPORTING, S.DESTROYING]), again),
        (Q(state=S.WAITING), anew | {"state": S.EXPORTING}),
        (over, anew | {"state": S.DESTROYING, "started_at": Now()}),
        (failed & Q(exported_at=None), anew | {"state": S.EXPORTING}),
        (failed & ~Q(started_at=None), anew | {"state": S.DESTROYING}),
    ]
    for condition, values in steps:
        if Offboarding.objects.filter(condition).update(**values) == 1:
            return Offboarding.objects.get()
    return None


def _export(actor: Actor, row: Offboarding) -> None:
    agency = Agency.objects.get(pk=row.agency_id)

    def noted(done: int, total: int) -> None:
        change(row, files_done=done, files_total=total)

    export = write_export(agency, row.closed_at.isoformat(), noted)
    with transaction.atomic():
        change(
            row,
            state=S.EXPORTED,
            exported_at=Now(),
            export_sha256=export.sha256,
            exported_rows=export.rows,
            deadline=Greatest(F("deadline"), timezone.now() + LEAST_TIME),
            attempts=0,
        )
        # With the commit, thus once: an export that is there is not made again.
        transaction.on_commit(partial(tell_of_export, agency, row.pk))
        facts = {"sha256": export.sha256, "rows": sum(export.rows.values()), "files": export.files}
        record(actor, Action.OFFBOARDING_EXPORTED, row, facts)


def _fail(actor: Actor, row: Offboarding, code: str) -> None:
    with transaction.atomic():
        change(row, state=S.FAILED, failure_code=code, rung_at=Now())
        record(actor, Action.OFFBOARDING_FAILED, row, {"code": code})


@contextmanager
def _locked(agency_id: int) -> Iterator[bool]:
    """Whether no other living worker has this agency; it stays so until the end of the block."""
    if not _ask("SELECT pg_try_advisory_lock(hashtextextended(%s, %s))", agency_id):
        yield False
        return
    try:
        yield True
    finally:
        if connection.connection is not None:
            try:
                _ask("SELECT pg_advisory_unlock(hashtextextended(%s, %s))", agency_id)
            except DatabaseError:
                connection.close()  # the server drops the lock with the session


def _ask(sql: str, agency_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [LOCK, agency_id])
        row = cursor.fetchone()
    return bool(row and row[0])
