"""Sends what is due: one POST for each delivery, outside of any transaction."""

import logging
import time
from datetime import timedelta
from uuid import UUID

import requests
from django.conf import settings
from django.utils import timezone

from accounts.access import is_working
from accounts.agency_states import WORKING
from accounts.models import Agency, WebhookDelivery, WebhookEvent
from accounts.webhooks.claiming import Answer, claim_next, due, settle
from accounts.webhooks.events import TASK
from accounts.webhooks.signing import body_of, headers_of, secrets_of
from portal.outgoing import Outgoing
from portal.tasks import ring
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

# A worker turns to other work after so long; the bell calls it back.
MOST_SECONDS = 20.0
KEPT = timedelta(days=30)


def deliver_due(agency_id: int) -> int:
    """What is due in one agency, inside its scope; returns how many tries were made.

    An endpoint that did not take something is left alone for the rest of this run.
    """
    if not is_working(agency_id):
        return 0
    tries, failed = 0, set[UUID]()
    ends = time.monotonic() + MOST_SECONDS
    while row := claim_next(failed):
        tries += 1
        answer = _post(row)
        if not settle(row, answer) or not answer.is_taken:
            failed.add(row.endpoint_id)
        if time.monotonic() > ends:
            ring(TASK, agency_id)
            break
    return tries


def sweep() -> None:
    """Ring for every agency in which something is due, and forget what is old."""
    with platform_scope():
        agencies = list(Agency.objects.filter(state__in=WORKING).values_list("pk", flat=True))
    for agency_id in agencies:
        with scope(agency_id):
            if due().exists():
                ring(TASK, agency_id)


def forget_all() -> int:
    """Delete events older than 30 days with their deliveries; returns how many rows went."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    return sum(_forget(agency_id) for agency_id in agencies)


def _forget(agency_id: int) -> int:
    with scope(agency_id):
        old = WebhookEvent.objects.filter(happened_at__lt=timezone.now() - KEPT)
        return int(old.delete()[0])


def _post(row: WebhookDelivery) -> Answer:
    """One try. What the other side writes is not kept."""
    body = body_of(row.event)
    headers = headers_of(row.event, body, secrets_of(row.endpoint), timezone.now())
    try:
        with Outgoing(settings.WEBHOOK_HOSTS, settings.WEBHOOK_CA_FILE) as session:
            answer = session.post(row.endpoint.url, data=body, headers=headers)
    except (requests.RequestException, OSError) as error:
        told = getattr(error, "response", None)
        logger.warning("Webhook %s not delivered (%s)", row.pk, type(error).__name__)
        return Answer(None if told is None else told.status_code, type(error).__name__)
    return Answer(answer.status_code)
