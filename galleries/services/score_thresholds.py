"""The threshold of a gallery: a share of searches of strangers, never a similarity."""

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.faults import Fault
from searches.models import Gallery

LEAST, MOST = 0.0001, 0.5


@transaction.atomic
def wish_rate(*, actor: Actor, gallery: Gallery, rate: float | None) -> Gallery:
    """Set which share of searches of strangers may bring a candidate; None: no threshold.

    It counts for searches that end from now on. Raises Fault outside 1 in 10,000 to 1 in 2.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    if rate is not None and not LEAST <= rate <= MOST:
        raise Fault("score_rate_out_of_range")
    row = Gallery.objects.select_for_update().get(pk=gallery.pk)
    before = row.wished_fpir
    if before == rate:
        return row
    row.wished_fpir = rate
    row.save(update_fields=["wished_fpir"])
    record(actor, Action.SCORES_THRESHOLD, row, {"before": _said(before), "after": _said(rate)})
    return row


def _said(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.6f}"
