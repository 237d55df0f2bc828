"""What becomes of notifications: their person has read them, and after some time they go.

Neither is an entry of the record: docs/notifications.md says why.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency, Notification
from accounts.notification_queries import own
from portal.tenancy import own_scope, platform_scope, scope


def read_one(*, actor: Actor, pk: UUID) -> Notification | None:
    """Mark one of the person's own as read, and return it; None when there is no such one."""
    with own_scope(actor.agency, actor.user_id or 0):
        own(actor, unread=True).filter(pk=pk).update(read_at=timezone.now())
        return own(actor).filter(pk=pk).first()


def read_all(*, actor: Actor, until: datetime) -> int:
    """Mark all as read that were made until then; returns how many. What came since stays."""
    with own_scope(actor.agency, actor.user_id or 0):
        rows = own(actor, unread=True).filter(made_at__lte=until)
        return rows.update(read_at=timezone.now())


def forget_all() -> int:
    """Delete what is older than NOTIFICATION_DAYS in every agency; returns how many that were."""
    with platform_scope():
        agencies = list(Agency.objects.values_list("pk", flat=True))
    return sum(_forget(agency_id) for agency_id in agencies)


def _forget(agency_id: int) -> int:
    since = timezone.now() - timedelta(days=settings.NOTIFICATION_DAYS)
    with scope(agency_id):
        return int(Notification.objects.filter(made_at__lt=since).delete()[0])
