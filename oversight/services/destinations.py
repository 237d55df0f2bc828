"""Where signed heads are published: added and removed by an administrator."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from oversight.faults import Fault
from oversight.models import Delivery, Destination, DestinationKind
from portal.audit.actions import Action
from portal.audit.models import Checkpoint
from portal.audit.recorder import record
from portal.outgoing import is_acceptable
from portal.tasks import ring, ring_for_all

TASK, ALL = "oversight.tasks.publish", "oversight.tasks.publish_all"
MOST = 10


def add_destination(*, actor: Actor, kind: str, target: str) -> Destination:
    """Publish every signed head there from now on, and the last one at once. Raises Fault."""
    actor.require(Permission.PUBLISH_RECORD)
    target = _checked(kind, target.strip())
    try:
        with transaction.atomic():
            if Destination.objects.filter(removed_at=None).count() >= MOST:
                raise Fault("destinations_full")
            row = Destination(kind=kind, target=target, added_by_label=actor.label)
            row.save(force_insert=True)
            record(actor, Action.DESTINATION_ADDED, row, {"kind": kind})
            last = Checkpoint.objects.filter(agency_id=actor.agency).order_by("-number").first()
            if last is not None:
                hand_over(row, last)
    except IntegrityError as error:
        raise Fault("destination_known") from error
    return row


@transaction.atomic
def remove_destination(*, actor: Actor, destination: Destination) -> None:
    """Publish nothing there any more; what was published stays where it is."""
    actor.require(Permission.PUBLISH_RECORD)
    row = Destination.objects.select_for_update().get(pk=destination.pk)
    if row.removed_at is not None:
        return
    row.removed_at, row.removed_by_label = timezone.now(), actor.label
    row.save(update_fields=["removed_at", "removed_by_label"])
    record(actor, Action.DESTINATION_REMOVED, row, {"kind": row.kind})


def announce(checkpoint: Checkpoint) -> None:
    """Put a new checkpoint on its way; called in its transaction and scope."""
    if checkpoint.agency_id is None:
        ring_for_all(ALL)
        return
    for destination in Destination.objects.filter(removed_at=None):
        hand_over(destination, checkpoint)


def hand_over(destination: Destination, checkpoint: Checkpoint) -> None:
    Delivery.objects.get_or_create(
        destination=destination,
        checkpoint=checkpoint.number,
        defaults={"next_try_at": timezone.now()},
    )
    ring(TASK, destination.agency_id)


def _checked(kind: str, target: str) -> str:
    """The address as it is kept. Raises Fault for one that cannot be delivered to."""
    if kind == DestinationKind.FILE:
        return ""
    if kind == DestinationKind.EMAIL:
        try:
            validate_email(target)
        except ValidationError as error:
            raise Fault("destination_no_mail") from error
        return target
    if kind == DestinationKind.WEBHOOK and is_acceptable(target, settings.PUBLISH_HOSTS):
        return target
    raise Fault("destination_no_web" if kind == DestinationKind.WEBHOOK else "destination_kind")
