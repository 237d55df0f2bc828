"""Answers to requests with an Idempotency-Key are kept for a day."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Agency, IdempotentAnswer
from portal.tenancy import platform_scope, scope

KEPT = timedelta(days=1)


def forget_all() -> int:
    """Delete what is older in every agency; returns how many that were."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    return sum(_forget(agency_id) for agency_id in agencies)


def _forget(agency_id: int) -> int:
    with scope(agency_id):
        old = IdempotentAnswer.objects.filter(answered_at__lt=timezone.now() - KEPT)
        return int(old.delete()[0])
