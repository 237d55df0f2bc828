"""Tasks that carry their agency, and the bell that calls them."""

import logging
from typing import Any

from celery import Task, current_app
from django.db import transaction

from portal import tracing
from portal.metrics import instruments
from portal.models import Mode
from portal.operating import operating
from portal.tenancy import scope
from portal.watching import watched_task

logger = logging.getLogger(__name__)


class WatchedTask(Task):  # type: ignore[type-arg]
    """What every task of Candor is (portal/celery.py): logged, measured and traced."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if operating().mode == Mode.MAINTENANCE:
            return None  # the row is the job: the sweeper rings again afterwards
        with watched_task(self.name, args, self._thread()):
            return super().__call__(*args, **kwargs)

    def _thread(self) -> dict[str, str]:
        """The thread of the trace that rang, as `_send` sent it along."""
        thread = getattr(self.request, "traceparent", None)
        return {"traceparent": thread} if thread else {}


class TenantTask(WatchedTask):
    """A task whose first argument is the id of the agency whose rows it may see."""

    abstract = True

    def __call__(self, agency_id: int, *args: Any, **kwargs: Any) -> Any:
        with scope(agency_id):
            return super().__call__(agency_id, *args, **kwargs)


def ring(task: str, agency_id: int, *args: str) -> None:
    """Send a task by name once the transaction has committed.

    A broker that is away loses only the bell, not the work: the sweeper rings again.
    """
    transaction.on_commit(lambda: _send(task, agency_id, *args))


def ring_at_once(task: str, agency_id: int) -> None:
    """Send a task now, for what must become known even when the transaction is undone."""
    _send(task, agency_id)


def ring_at(queue: str, task: str, agency_id: int, *args: str) -> None:
    """Send a task now to one queue, and not to the common one."""
    _send(task, agency_id, *args, queue=queue)


def ring_later(task: str, agency_id: int, *, seconds: float) -> None:
    """Send a task now that is to run after so long; a worker that is killed meanwhile loses it."""
    _send(task, agency_id, countdown=seconds)


def ring_for_all(task: str) -> None:
    """The same for a task that looks through all agencies by itself; the clock rings it again."""
    transaction.on_commit(lambda: _send(task))


def _send(
    task: str, *args: int | str, queue: str | None = None, countdown: float | None = None
) -> None:
    try:
        current_app.send_task(
            task, args=args, headers=tracing.carried(), queue=queue, countdown=countdown
        )
    except Exception as error:  # the transaction is committed: nothing may fail any more
        instruments.BELLS_LOST.labels(task).inc()
        logger.warning("%s not rung (%s); the sweeper will", task, type(error).__name__)
