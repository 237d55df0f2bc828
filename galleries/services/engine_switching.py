"""The cut-over and the roll-back: a gallery's contract moves in one transaction, whole or not."""

from django.db import transaction
from django.utils import timezone

from accounts.actor import system_actor
from galleries.engine_change_queries import missing_images, rejections
from galleries.models import ChangeStage, EngineChange, Switch
from galleries.services.engine_embedding import embed
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.engines.base import FaceEngine
from searches.models import FaceImage, Gallery

MOST_IN_LOCK = 8
"""Pictures that are embedded while enrolment in the gallery waits: about a second's work."""


def switch(change: EngineChange, used: FaceEngine) -> bool:
    """Do the switch that was asked for; true when pictures came in and have to be embedded first.

    Enrolment in the gallery waits for this transaction and goes on under the other contract; a
    search notices when it is done, and begins again (searches.services.searching).
    """
    with transaction.atomic():
        gallery = Gallery.objects.select_for_update(of=("self",)).get(pk=change.gallery_id)
        late = missing_images(change, None, MOST_IN_LOCK + 1)
        if len(late) > MOST_IN_LOCK:
            return True
        # Pictures before the row of the change, as lanes lock them.
        for image in FaceImage.objects.select_for_update().filter(pk__in=late).order_by("pk"):
            embed(change, image, used)
        rows = EngineChange.objects.select_for_update(of=("self",))
        locked = rows.filter(pk=change.pk, stage=change.stage, asked=change.asked).first()
        if locked is not None:
            _switch(locked, gallery)
    return False


def _switch(locked: EngineChange, gallery: Gallery) -> None:
    rejected = rejections(locked).count()
    if rejected != locked.accepted_losses:
        locked.asked, locked.accepted_losses = "", None
        locked.failure_code = "losses_changed"
        locked.save()
        return
    target, action = locked.target, Action.ENGINE_CHANGE_CUT_OVER
    facts = {"gallery": str(gallery.pk), "from": _contract(gallery), "to": target.contract}
    gallery.contract = target
    gallery.save(update_fields=["contract"])  # the database refuses it while pictures are missing
    if locked.asked == Switch.CUT_OVER:
        locked.stage = ChangeStage.CUT_OVER
    else:
        locked.stage, action = ChangeStage.READY, Action.ENGINE_CHANGE_ROLLED_BACK
    locked.asked, locked.accepted_losses, locked.cursor = "", None, None
    locked.switched_at = timezone.now()
    locked.save()
    actor = system_actor("engine change", locked.agency_id)
    record(actor, action, locked, facts | {"rejected": rejected})


def _contract(gallery: Gallery) -> str:
    return gallery.contract.contract if gallery.contract else ""
