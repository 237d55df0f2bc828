"""The queue: the broker, and workers that do what it calls them for."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from portal.celery import app
from portal.doctor.problems import Advice, Problem
from searches.models import Heartbeat
from searches.services.sweeping import SWEEPER


def check_broker() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
            return "embedded in the database" if not settings.BROKER_URL else broker.transport_cls
    except Exception as error:  # every transport has exceptions of its own
        raise Problem(
            f"cannot connect: {error}", "Check BROKER_URL and that the broker runs"
        ) from error


def check_worker() -> str:
    """The sweeper's last round says that clock, broker, worker and database work together."""
    last = Heartbeat.objects.filter(name=SWEEPER).first()
    if last is None:
        raise Advice("no worker has run yet", "Start one: make worker")
    age = timezone.now() - last.at
    if age > timedelta(seconds=3 * settings.SWEEP_SECONDS + 5):
        detail = f"the sweeper's last round was at {last.at:%Y-%m-%d %H:%M:%S} UTC"
        raise Advice(detail, "Start a worker (make worker); one of them must have the clock")
    return f"the sweeper's last round was {age.total_seconds():.0f} s ago"
