"""Which worker tries a delivery now, and what its try comes to.

A try is counted when it is claimed. A worker that is killed leaves its claim behind, which ends
by itself; whoever lost a claim writes nothing.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.actor import system_actor
from accounts.models import DeliveryState, DisabledBy, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.disabling import disable

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
# Longer than one try can take (portal/outgoing.py).
LEASE = timedelta(minutes=2)
LONGEST_FAILING = timedelta(days=5)
GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try brought: the status of an answer, or a word for why there was none."""

    status: int | None
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and not self.problem


def due() -> QuerySet[WebhookDelivery]:
    """What could be tried now, and nobody does."""
    now = timezone.now()
    return WebhookDelivery.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now),
        state=DeliveryState.WAITING,
        next_try_at__lte=now,
        endpoint__disabled_at=None,
        endpoint__removed_at=None,
    )


@transaction.atomic
def claim_next(left_out: Collection[uuid.UUID] = ()) -> WebhookDelivery | None:
    """The delivery that is due longest, held for this worker; none of the endpoints left out."""
    rows = due().exclude(endpoint__in=left_out).select_related("event", "endpoint")
    row = rows.select_for_update(skip_locked=True, of=("self",)).order_by("next_try_at").first()
    if row is None:
        return None
    row.claim, row.leased_until = uuid.uuid4(), timezone.now() + LEASE
    row.attempts += 1
    row.save(update_fields=["claim", "leased_until", "attempts"])
    return row


@transaction.atomic
def settle(tried: WebhookDelivery, answer: Answer) -> bool:
    """Write down what a try came to; false when the claim was lost meanwhile."""
    rows = WebhookDelivery.objects.select_for_update(of=("self",))
    row = rows.filter(pk=tried.pk, claim=tried.claim, state=DeliveryState.WAITING).first()
    if row is None:
        return False
    now = timezone.now()
    row.claim, row.leased_until = None, None
    row.status_code, row.problem, row.answered_at = answer.status, answer.problem[:60], now
    if answer.is_taken:
        row.state = DeliveryState.DELIVERED
    elif answer.status == GONE or row.attempts > len(PAUSES):
        row.state = DeliveryState.FAILED
    else:
        row.next_try_at = now + PAUSES[row.attempts - 1]
    row.save()
    _note(row.endpoint_id, answer)
    return True


def _note(endpoint_id: uuid.UUID, answer: Answer) -> None:
    """How the endpoint fares: reset by every success, disabled when it is gone or fails long."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if answer.is_taken:
        rows.exclude(failing_since=None).update(failures=0, failing_since=None)
        return
    # An act that is told of refers to the row, and must not wait for it.
    endpoint, now = rows.select_for_update(no_key=True).get(), timezone.now()
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.save(update_fields=["failures", "failing_since"])
    actor = system_actor("webhooks", endpoint.agency_id)
    if answer.status == GONE:
        disable(actor, endpoint, DisabledBy.GONE)
    elif now - endpoint.failing_since >= LONGEST_FAILING:
        disable(actor, endpoint, DisabledBy.FAILING)
