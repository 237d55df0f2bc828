"""What people do to a change of engine; the work itself is done by lanes (engine_lanes.py)."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from galleries.engine_change_queries import offers, rejections
from galleries.models import ChangeStage, EngineChange, Switch
from galleries.models.engine_change import MOST_PER_MINUTE
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tasks import ring
from searches.faults import Fault
from searches.models import Contract, Gallery
from searches.services.galleries import contract_row

TASK = "galleries.tasks.run_engine_change"


def start_change(
    *, actor: Actor, gallery: Gallery, contract_id: str, throttle: int | None = None
) -> EngineChange:
    """Have the pictures of a gallery embedded anew by another engine of the installation.

    Searches and enrolment go on as before until the cut-over. Raises Fault.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    _check_throttle(throttle)
    from_contract = gallery.contract
    if from_contract is None:
        raise Fault("gallery_without_engine")
    to_contract = _chosen(gallery, contract_id)
    try:
        with transaction.atomic():
            change = EngineChange.objects.create(
                gallery=gallery,
                from_contract=from_contract,
                to_contract=to_contract,
                throttle=throttle,
                started_by_label=actor.label,
            )
            facts = {"gallery": str(gallery.pk), "throttle": throttle}
            facts |= {"from": from_contract.contract, "to": to_contract.contract}
            record(actor, Action.ENGINE_CHANGE_STARTED, change, facts)
            ring(TASK, actor.agency, str(change.pk))
    except IntegrityError as error:
        raise Fault("change_open") from error
    return change


def _chosen(gallery: Gallery, contract_id: str) -> Contract:
    known = {offer.facts.contract.id: offer for offer in offers(gallery) if offer.facts}
    chosen = known.get(contract_id)
    if chosen is None or chosen.facts is None:
        raise Fault("engine_unknown")
    if chosen.is_current:
        raise Fault("engine_same")
    if not chosen.facts.licence.permits_agency_use:
        raise Fault("engine_not_licensed")
    contract = chosen.facts.contract
    return contract_row(contract.id, contract.engine, contract.dimension)


def _check_throttle(throttle: int | None) -> None:
    if throttle is not None and not 1 <= throttle <= MOST_PER_MINUTE:
        raise Fault("throttle_out_of_range")


@transaction.atomic
def pace_change(
    *, actor: Actor, change: EngineChange, paused: bool, throttle: int | None
) -> EngineChange:
    """Pause the embedding or let it go on, and say how fast it may be; None is full speed."""
    actor.require(Permission.MANAGE_GALLERIES)
    _check_throttle(throttle)
    locked = _locked(change, ChangeStage.EMBEDDING, ChangeStage.READY, ChangeStage.CUT_OVER)
    locked.paused, locked.throttle, locked.failure_code = paused, throttle, ""
    _begin_window(locked)
    locked.save()
    facts = {"gallery": str(locked.gallery_id), "paused": paused, "throttle": throttle}
    record(actor, Action.ENGINE_CHANGE_PACED, locked, facts)
    ring(TASK, actor.agency, str(locked.pk))
    return locked


@transaction.atomic
def retry_rejected(*, actor: Actor, change: EngineChange) -> EngineChange:
    """Have the pictures that the new engine rejected tried again."""
    actor.require(Permission.MANAGE_GALLERIES)
    locked = _locked(change, ChangeStage.EMBEDDING, ChangeStage.READY)
    _require_nothing_asked(locked)
    images, _ = locked.rejections.filter(contract=locked.to_contract).delete()
    locked.stage, locked.paused, locked.failure_code = ChangeStage.EMBEDDING, False, ""
    _begin_window(locked)
    locked.save()
    facts = {"gallery": str(locked.gallery_id), "images": images}
    record(actor, Action.ENGINE_CHANGE_RETRIED, locked, facts)
    ring(TASK, actor.agency, str(locked.pk))
    return locked


@transaction.atomic
def ask_switch(
    *, actor: Actor, change: EngineChange, to: Switch, accepted_losses: int
) -> EngineChange:
    """Cut over to the new engine, or roll back to that of before, as soon as nothing is missing.

    `accepted_losses` is the number of pictures that the engine rejects: no search finds them under
    it. Raises Fault when it is another number, or the installation does not have the engine.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    locked = _locked(change, _STAGE_OF[to])
    _require_nothing_asked(locked)
    if rejections(locked).count() != accepted_losses:
        raise Fault("losses_not_accepted")
    _require_engine(locked.target)
    locked.asked, locked.accepted_losses, locked.asked_by_label = to, accepted_losses, actor.label
    locked.paused, locked.failure_code = False, ""
    _begin_window(locked)
    locked.save()
    facts = {"gallery": str(locked.gallery_id), "act": to.value, "accepted": accepted_losses}
    record(actor, Action.ENGINE_CHANGE_ASKED, locked, facts)
    ring(TASK, actor.agency, str(locked.pk))
    return locked


_STAGE_OF = {Switch.CUT_OVER: ChangeStage.READY, Switch.ROLL_BACK: ChangeStage.CUT_OVER}


def _require_engine(contract: Contract) -> None:
    """Without its engine nothing could be searched or enrolled under a contract."""
    known = {offer.facts.contract.id for offer in offers(Gallery()) if offer.facts}
    if contract.contract not in known:
        raise Fault("contract_missing")


@transaction.atomic
def end_change(*, actor: Actor, change: EngineChange) -> EngineChange:
    """Give a change up before its cut-over, or finish it after: the other templates are removed.

    They do not come back: the pictures would have to be embedded again. Raises Fault, also when the
    gallery was switched since `change` was read: then other templates would go.
    """
    actor.require(Permission.MANAGE_GALLERIES)
    locked = _locked(change, ChangeStage.EMBEDDING, ChangeStage.READY, ChangeStage.CUT_OVER)
    _require_nothing_asked(locked)
    if locked.target != change.target:
        raise Fault("change_stage")
    contract, act = locked.target, "cancel"
    if locked.stage == ChangeStage.CUT_OVER:
        act, locked.stage = "remove", ChangeStage.REMOVING
    else:
        locked.stage = ChangeStage.CANCELLING
    locked.paused, locked.failure_code = False, ""
    locked.save()
    facts = {"gallery": str(locked.gallery_id), "act": act, "contract": contract.contract}
    record(actor, Action.ENGINE_CHANGE_ENDING, locked, facts)
    ring(TASK, actor.agency, str(locked.pk))
    return locked


def _locked(change: EngineChange, *stages: ChangeStage) -> EngineChange:
    locked = EngineChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if locked.stage not in stages:
        raise Fault("change_stage")
    return locked


def _require_nothing_asked(locked: EngineChange) -> None:
    if locked.asked:
        raise Fault("change_stage")


def _begin_window(locked: EngineChange) -> None:
    locked.window_at, locked.window_done, locked.rate = timezone.now(), 0, 0.0
