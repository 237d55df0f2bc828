"""Changes of engine as people make them, for tests that need one at some stage."""

import uuid
from uuid import UUID

from accounts.actor import command_actor
from galleries.models import ChangeStage, EngineChange, EngineChangeRejection, ShadowSearch, Switch
from galleries.services.engine_changes import ask_switch, end_change, start_change
from galleries.services.engine_lanes import run_slice
from galleries.services.shadow_searching import request_shadow_search, run_shadow_search
from searches.models import FaceImage, Gallery
from searches.services.galleries import contract_row

ELSEWHERE = "candor-ec1-sha256:" + "e" * 64


def started(gallery: Gallery, contract_id: str, **more: int) -> EngineChange:
    gallery.refresh_from_db()
    actor = command_actor("test", gallery.agency_id)
    return start_change(actor=actor, gallery=gallery, contract_id=contract_id, **more)


def work(change: EngineChange, slices: int = 40) -> EngineChange:
    """One lane, slice by slice, until nothing more is to be done."""
    for _ in range(slices):
        run_slice(change.pk, 0)
        change.refresh_from_db()
        if not change.is_working:
            break
    return change


def ready(gallery: Gallery, contract_id: str) -> EngineChange:
    change = work(started(gallery, contract_id))
    assert change.stage == ChangeStage.READY
    return change


def switched(change: EngineChange, to: Switch, losses: int = 0) -> EngineChange:
    actor = command_actor("test", change.agency_id)
    ask_switch(actor=actor, change=change, to=to, accepted_losses=losses)
    return work(change)


def ended(change: EngineChange) -> EngineChange:
    end_change(actor=command_actor("test", change.agency_id), change=change)
    return work(change)


def shadowed(change: EngineChange, searches: int = 50) -> ShadowSearch:
    shadow = request_shadow_search(
        actor=command_actor("test", change.agency_id),
        change=change,
        searches=searches,
        submission_key=uuid.uuid4(),
    )
    while shadow.is_open:
        run_shadow_search(shadow.pk)
        shadow.refresh_from_db()
    return shadow


def make_change(gallery: Gallery) -> EngineChange:
    """A change to an engine that nobody has, as a row; embedding, with one rejected picture."""
    gallery.refresh_from_db()
    assert gallery.contract is not None
    change = EngineChange.objects.create(
        gallery=gallery,
        from_contract=gallery.contract,
        to_contract=contract_row(ELSEWHERE, "made-up", 4),
        started_by_label="somebody",
    )
    image = FaceImage.objects.filter(gallery=gallery).first()
    assert image is not None
    reject(change, image.pk)
    return change


def reject(change: EngineChange, image: UUID, code: str = "no_face") -> None:
    EngineChangeRejection.objects.create(
        change=change, contract=change.target, image_id=image, code=code
    )


def full_engine_change(gallery: Gallery) -> ShadowSearch:
    """A row in every table of changes of engine."""
    return ShadowSearch.objects.create(
        change=make_change(gallery), wanted=1, requested_by_label="somebody"
    )
