"""The Celery application: the bell that tells workers that a row waits for them."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("candor")
app.conf.update(
    broker_url=settings.BROKER_URL or f"portal.broker:Transport://{settings.VAR_DIR}",
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=3,
    # A lost bell is rung again by the sweeper; a page must not wait for a dead broker.
    task_publish_retry=False,
    task_ignore_result=True,
    task_acks_late=False,
    task_default_queue="candor",
    task_serializer="json",
    accept_content=["json"],
    task_time_limit=settings.JOB_SECONDS,
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.WORKERS,
    worker_max_tasks_per_child=2000,
    worker_hijack_root_logger=False,
    enable_utc=True,
    timezone="UTC",
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    beat_schedule={"sweep": {"task": "searches.tasks.sweep", "schedule": settings.SWEEP_SECONDS}},
)
app.autodiscover_tasks(["searches"])


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    """Django has configured logging already; Celery must not do it again."""


@worker_process_init.connect
def warm_up(**kwargs: Any) -> None:
    """Load the engine after the fork, before the first task."""
    from searches.recognition import engine

    engine()
