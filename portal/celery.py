"""The Celery application: the bell that tells workers that a row waits for them."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.beat import EmbeddedService
from celery.signals import (
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)
from click import Option
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("candor", task_cls="portal.tasks:WatchedTask")
app.config_from_object("portal.celeryconfig")
app.autodiscover_tasks(["portal.audit", "accounts", "searches", "galleries", "oversight"])


class Clock(bootsteps.StartStopStep):
    """The sweeper's clock, in a thread of the worker: it lives exactly as long as the worker.

    Celery's own (`--beat`) is a process that outlives a killed worker, and that nobody starts again
    when it is killed itself.
    """

    def __init__(self, worker: Any, *, clock: bool = False, **options: Any) -> None:
        self.enabled = clock
        super().__init__(worker, **options)

    def create(self, worker: Any) -> Any:
        return EmbeddedService(worker.app, thread=True, scheduler_cls="celery.beat:Scheduler")


app.user_options["worker"].add(Option(["--clock/--no-clock"], help="ring for the sweeper"))
app.steps["worker"].add(Clock)


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    """Django has configured logging already; Celery must not do it again."""


@worker_init.connect
def wait_for_redis(**kwargs: Any) -> None:
    """The time-out is for pages: a worker that it cuts off from a hanging Redis stays deaf."""
    app.conf.broker_transport_options.pop("socket_timeout", None)


@task_prerun.connect
@task_postrun.connect
def keep_sound_connections(**kwargs: Any) -> None:
    """Between tasks, as Django does between requests."""
    close_old_connections()


@worker_process_init.connect
def warm_up(**kwargs: Any) -> None:
    """Load the engine after the fork, before the first task."""
    from searches.images.decoders import decoders
    from searches.recognition import engine
    from searches.scan.hosts import answer_in_background
    from searches.scan.keeper import keep_in_background

    if _answers_for_host():
        answer_in_background()  # embeds no face
    else:
        decoders().prepare()
        engine()
    keep_in_background()


@worker_process_shutdown.connect
def say_goodbye(**kwargs: Any) -> None:
    """A process of a worker ends without the usual goodbyes."""
    from portal import tracing
    from searches.images.decoders import decoders

    decoders().close()
    tracing.finish()


@worker_ready.connect
def listen_for_metrics(**kwargs: Any) -> None:
    """A worker has no pages: where it is asked for its numbers is a setting."""
    from portal.observing.listener import listen

    listen()


@worker_shutdown.connect
def clear_memory(**kwargs: Any) -> None:
    """When the last worker of a host stops, no template stays in its memory."""
    from searches.scan.hosts import leave
    from searches.scan.keeper import stop_holding

    if _answers_for_host():
        leave()
    stop_holding()


def _answers_for_host() -> bool:
    """Whether this worker is one of `manage.py work --scans`."""
    from searches.scan.hosts import is_answering

    return is_answering(app.amqp.queues.consume_from)
