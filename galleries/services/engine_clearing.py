"""Removing the templates of one of the two contracts when a change is over, in batches."""

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import system_actor
from galleries.erasing.rewriting import StillSeen, next_xid, rewrite, template_table
from galleries.models import ChangeStage, EngineChange, EngineChangeRejection
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import Contract, Gallery
from searches.template_rows import delete_templates

logger = logging.getLogger(__name__)

BATCH = 2000
ENDS = {
    ChangeStage.CANCELLING: (ChangeStage.CANCELLED, "cancel"),
    ChangeStage.REMOVING: (ChangeStage.REMOVED, "remove"),
}


def clear_some(change: EngineChange, until: float) -> bool:
    """Remove templates until this moment of the monotonic clock; whether some are left.

    With the last of them the table is written anew, so that its pages hold none of it either.
    """
    contract = leaving(change)
    while _remove_batch(change, contract):
        if time.monotonic() > until:
            return True
    try:
        rewrite([template_table(change.agency_id)], next_xid())
    except StillSeen:
        logger.warning("engine change %s: the sweeper rings again to rewrite", change.pk)
        return False
    with transaction.atomic():
        locked = EngineChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if not locked.is_over:
            _end(locked, contract)
    return False


def _remove_batch(change: EngineChange, contract: Contract) -> bool:
    """Whether there may be more."""
    with transaction.atomic():
        gallery = Gallery.every.get(pk=change.gallery_id)
        if gallery.contract_id == contract.pk:
            raise RuntimeError("The templates that searches use are not removed")
        gone = delete_templates(contract_pk=contract.pk, gallery=gallery.pk, limit=BATCH)
        rows = EngineChange.objects.filter(pk=change.pk)
        rows.update(removed_templates=F("removed_templates") + gone)
    return gone == BATCH


def leaving(change: EngineChange) -> Contract:
    """The contract whose templates go, or have gone, with the end of a change."""
    removes = change.stage in (ChangeStage.REMOVING, ChangeStage.REMOVED)
    return change.from_contract if removes else change.to_contract


def _end(locked: EngineChange, contract: Contract) -> None:
    locked.stage, act = ENDS[ChangeStage(locked.stage)]
    locked.ended_at = timezone.now()
    locked.save()
    facts: dict[str, Any] = {"act": act, "contract": contract.contract}
    facts |= {"gallery": str(locked.gallery_id), "templates": locked.removed_templates}
    actor = system_actor("engine change", locked.agency_id)
    record(actor, Action.ENGINE_CHANGE_ENDED, locked, facts)


def forget_emptied(images: Sequence[UUID], subjects: Sequence[UUID]) -> None:
    """What an engine said of pictures that were erased goes with them."""
    EngineChangeRejection.objects.filter(image_id__in=images).delete()


def close_if_erased(change: EngineChange) -> bool:
    """End the change of a gallery that was erased, with all its templates; whether it was."""
    if Gallery.objects.filter(pk=change.gallery_id).exists():
        return False
    with transaction.atomic():
        locked = EngineChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if not locked.is_over:
            cut_over = locked.stage in (ChangeStage.CUT_OVER, ChangeStage.REMOVING)
            locked.asked = ""
            locked.stage = ChangeStage.REMOVING if cut_over else ChangeStage.CANCELLING
            locked.save()
            _end(locked, leaving(locked))
    return True
