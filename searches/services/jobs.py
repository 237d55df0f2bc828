"""Claiming, finishing and failing jobs. The row is the job; the broker is only a bell.

While a worker runs a job it holds a PostgreSQL advisory lock on it. A killed worker loses its
connection and with it the lock, so its job is free again at once and without guessing how long a
job may take. A worker that only lost its connection cannot finish twice either: finishing asks
for the token of the claim.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.access import is_working
from portal.away import PartAway
from portal.keys import KeyProblem
from portal.metrics.instruments import JOBS_ENDED
from portal.storage import MissingFile
from searches.faults import Fault
from searches.images import ImageRejected
from searches.models import Job, JobState

logger = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)


class Superseded(Exception):
    """Another worker has claimed the job meanwhile; this one's result is dropped."""


@contextmanager
def claimed(model: type[J], job_id: uuid.UUID, *related: str) -> Iterator[J | None]:
    """The job, claimed for this process, or None when there is nothing (or nothing more) to do.

    The rows that it refers to by the fields `related` come with it.
    """
    with only_one(job_id) as alone:
        job = _claim(model, job_id, related) if alone else None  # else a living worker has it
        try:
            yield job
        except PartAway as away:
            logger.warning("%s %s waits: %s", model.__name__, job_id, away)
            _wait(job)
            raise


@contextmanager
def only_one(work: uuid.UUID) -> Iterator[bool]:
    """Whether nobody else does this work; and then nobody begins it before the block ends."""
    lock = _lock_number(work)
    if not _ask("SELECT pg_try_advisory_lock(%s)", lock):
        yield False
        return
    try:
        yield True
    finally:
        _release(lock)


def _claim(model: type[J], job_id: uuid.UUID, related: Sequence[str]) -> J | None:
    open_jobs = model.objects.filter(pk=job_id, state__in=[JobState.QUEUED, JobState.RUNNING])
    updated = open_jobs.update(
        state=JobState.RUNNING, claim=uuid.uuid4(), claimed_at=Now(), attempts=F("attempts") + 1
    )
    if updated == 1:
        jobs = model.objects.select_related(*related) if related else model.objects
        return jobs.get(pk=job_id)
    return None


def _wait(job: Job | None) -> None:
    """Queue a job whose keys or files are away, however often: the sweeper rings for it again."""
    if job is not None:
        with suppress(Superseded):
            pause(job)


def run(
    model: type[J],
    job_id: uuid.UUID,
    *,
    work: Callable[[J], None],
    failed: Callable[[J, str], None],
    related: Sequence[str] = (),
) -> None:
    """Claim a job, with the rows that it refers to by the fields `related`, and do its work.

    A fault of the input closes the job through `failed` with its code. Keys or files that are away
    leave it waiting; anything else (database or engine away) leaves it open, and the sweeper rings
    again a bounded number of times.
    """
    with claimed(model, job_id, *related) as job:
        if job is None:
            return
        try:
            code = _outcome(job, work)
            if code:
                with transaction.atomic():
                    failed(job, code)
            JOBS_ENDED.labels(model._meta.model_name, code or "none").inc()
        except Superseded:
            logger.info("%s %s was taken over", model.__name__, job_id)


def _outcome(job: J, work: Callable[[J], None]) -> str:
    """Do the work; the code of the fault that prevents it for good, or ""."""
    try:
        if job.attempts > settings.JOB_MAX_ATTEMPTS:
            raise Fault("gave_up")
        if not is_working(job.agency_id):
            raise Fault("agency_suspended")
        work(job)
    except (Fault, ImageRejected) as fault:
        return fault.code
    except (MissingFile, KeyProblem):
        logger.exception("%s %s: stored picture unreadable", type(job).__name__, job.pk)
        return "file_unreadable"
    return ""


def hold(job: Job) -> None:
    """Keep the claim until the transaction ends, before its result is written.

    Raises Superseded when it is no longer ours.
    """
    rows = type(job).objects.select_for_update().filter(state=JobState.RUNNING, claim=job.claim)
    if rows.filter(pk=job.pk).first() is None:
        raise Superseded(str(job.pk))


def finish(job: Job, **fields: object) -> None:
    """Mark a claimed job as done, inside the transaction that writes its result.

    Raises Superseded, which rolls that transaction back, when the claim is no longer ours.
    """
    _close(job, state=JobState.DONE, **fields)


def fail(job: Job, code: str, **fields: object) -> None:
    """Mark a claimed job as failed for good, with a code that the user is shown in words."""
    _close(job, state=JobState.FAILED, failure_code=code, **fields)


def park(job: Job, **fields: object) -> None:
    """Lay a claimed job aside until a person decides; nobody runs it meanwhile."""
    rows = type(job).objects.filter(pk=job.pk, state=JobState.RUNNING, claim=job.claim)
    if rows.update(state=JobState.HELD, claim=None, **fields) != 1:
        raise Superseded(str(job.pk))


def release(job: Job, **fields: object) -> None:
    """Queue a job that was laid aside, with its attempts counted from the start."""
    rows = type(job).objects.filter(pk=job.pk, state=JobState.HELD)
    if rows.update(state=JobState.QUEUED, attempts=0, rung_at=Now(), **fields) != 1:
        raise Superseded(str(job.pk))


def give_up(job: Job, code: str, **fields: object) -> None:
    """Close a job that was laid aside, for good."""
    rows = type(job).objects.filter(pk=job.pk, state=JobState.HELD)
    closed = {"state": JobState.FAILED, "failure_code": code, "finished_at": Now()}
    if rows.update(**closed, **fields) != 1:
        raise Superseded(str(job.pk))


def pause(job: Job, **fields: object) -> None:
    """Give a claimed job back with what it has done so far, to go on at the next bell."""
    rows = type(job).objects.filter(pk=job.pk, state=JobState.RUNNING, claim=job.claim)
    fresh = {"attempts": 0, "claim": None, "rung_at": Now()}
    if rows.update(state=JobState.QUEUED, **fresh, **fields) != 1:
        raise Superseded(str(job.pk))


def reopen(job: Job, **fields: object) -> None:
    """Queue a closed job anew, with its attempts counted from the start."""
    rows = type(job).objects.filter(pk=job.pk, state__in=[JobState.DONE, JobState.FAILED])
    fresh = {"attempts": 0, "claim": None, "failure_code": "", "finished_at": None}
    if rows.update(state=JobState.QUEUED, rung_at=Now(), **fresh, **fields) != 1:
        raise Superseded(str(job.pk))


def _close(job: Job, **fields: object) -> None:
    rows = type(job).objects.filter(pk=job.pk, state=JobState.RUNNING, claim=job.claim)
    if rows.update(finished_at=Now(), **fields) != 1:
        raise Superseded(str(job.pk))


def _lock_number(job_id: uuid.UUID) -> int:
    """64 bits of the id, signed as PostgreSQL wants them."""
    return int.from_bytes(job_id.bytes[:8], "big", signed=True)


def _release(lock: int) -> None:
    if connection.connection is None:
        return
    try:
        _ask("SELECT pg_advisory_unlock(%s)", lock)
    except DatabaseError:
        connection.close()  # the server drops the lock with the session


def _ask(sql: str, lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [lock])
        row = cursor.fetchone()
    return bool(row and row[0])
