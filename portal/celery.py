"""The Celery application: the bell that tells workers that a row waits for them."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("candor")
app.config_from_object("portal.celeryconfig")
app.autodiscover_tasks(["accounts", "searches"])


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    """Django has configured logging already; Celery must not do it again."""


@worker_process_init.connect
def warm_up(**kwargs: Any) -> None:
    """Load the engine after the fork, before the first task."""
    from searches.recognition import engine

    engine()
