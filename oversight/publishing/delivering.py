"""Delivers what is due, and tries again later what did not arrive."""

import logging
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException

import requests
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Agency
from oversight.models import Delivery
from oversight.publishing.carriers import CARRIERS, NotDelivered, write_file
from portal.audit.models import Checkpoint
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

# After 1, 2, 4, ... minutes, at most every 6 hours; given up after a week of it.
MOST_ATTEMPTS = 36
LONGEST = timedelta(hours=6)
PLATFORM = "platform"
PROBLEMS = (NotDelivered, OSError, SMTPException, requests.RequestException)


def deliver_all() -> int:
    """What is due in every agency and for the platform; returns how many were delivered."""
    write_platform()
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    done = 0
    for agency_id in agencies:
        with scope(agency_id):
            done += deliver_due(agency_id)
    return done


def deliver_due(agency_id: int) -> int:
    """What is due in one agency, inside its scope; the newest heads first."""
    due = Delivery.objects.filter(
        sent_at=None,
        next_try_at__lte=timezone.now(),
        attempts__lt=MOST_ATTEMPTS,
        destination__removed_at=None,
    )
    return sum(_deliver(agency_id, pk) for pk in due.values_list("pk", flat=True)[:200])


@transaction.atomic
def _deliver(agency_id: int, pk: int) -> bool:
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.filter(pk=pk, sent_at=None).select_related("destination").first()
    if row is None:
        return False  # another worker has it
    agency = Agency.objects.get(pk=agency_id)
    checkpoint = Checkpoint.objects.get(agency_id=agency_id, number=row.checkpoint)
    row.attempts += 1
    try:
        CARRIERS[row.destination.kind](agency, row.destination, checkpoint)
        row.sent_at, row.problem = timezone.now(), ""
    except PROBLEMS as error:
        row.problem = str(error)[:60] if isinstance(error, NotDelivered) else type(error).__name__
        row.next_try_at = timezone.now() + _pause(row.attempts)
        logger.warning("Agency %s: %s not delivered (%s)", agency_id, checkpoint, row.problem)
    row.save(update_fields=["attempts", "sent_at", "problem", "next_try_at"])
    return row.sent_at is not None


def _pause(attempts: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(attempts - 1, 12)), LONGEST)


def write_platform() -> None:
    """The heads of the platform's own chain are always written to the operator's folder."""
    folder = Path(settings.PUBLISH_DIR) / PLATFORM
    with platform_scope():
        for checkpoint in Checkpoint.objects.filter(agency_id=None).order_by("-number")[:500]:
            write_file(folder, checkpoint)
