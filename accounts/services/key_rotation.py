"""Rotating keys: the master key under all rings, and the data key of one agency.

Nothing stops meanwhile: every version of a ring opens what it sealed, whoever wrapped it. Each
step is one transaction, does nothing the second time, and goes on where it was killed.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from accounts.actor import Actor
from accounts.models import Agency
from accounts.services.agencies import data_key_identity
from accounts.services.platform_record import record_for_both
from accounts.services.resealing import TASK
from portal import platform_key
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.datakeys import Ring, load, rewrapped, with_new_version
from portal.masterkeys import current_label
from portal.masterkeys.specs import parse_spec
from portal.tasks import ring
from portal.tenancy import platform_scope


def agencies_with_keys() -> list[int]:
    """All agencies but those whose key was destroyed."""
    with platform_scope():
        rows = Agency.objects.exclude(data_key=b"").order_by("pk")
        return list(rows.values_list("pk", flat=True))


def rewrap_agency(*, actor: Actor, agency_id: int) -> bool:
    """Wrap an agency's data key by the present master key; False when it is so already.

    Raises KeyServiceAway; KeyProblem when no provider of the settings opens it.
    """

    def change(agency: Agency, old: Ring) -> Ring:
        return rewrapped(old, data_key_identity(agency.slug))

    return _change(actor, agency_id, change, Action.KEYS_REWRAPPED)


def rotate_agency(*, actor: Actor, agency_id: int) -> bool:
    """A new version of an agency's data key, for all that is written from now on.

    Its files follow in the background (accounts.services.resealing). False when its key was
    destroyed. Raises KeyServiceAway.
    """

    def change(agency: Agency, old: Ring) -> Ring:
        return with_new_version(old, data_key_identity(agency.slug))

    return _change(actor, agency_id, change, Action.KEY_ROTATED)


@transaction.atomic
def rewrap_platform(*, actor: Actor) -> bool:
    """The same as for an agency, for the platform's key, and for local keys that it replaced."""
    old = platform_key.lock_ring()
    new = platform_key.keep_local_keys(rewrapped(old, platform_key.IDENTITY))
    if new == old:
        return False
    platform_key.change_ring(new)
    record(actor, Action.KEYS_REWRAPPED, None, _facts(Action.KEYS_REWRAPPED, new))
    return True


@transaction.atomic
def rotate_platform(*, actor: Actor) -> None:
    """A new version of the platform's key, for all that is written from now on."""
    new = with_new_version(platform_key.lock_ring(), platform_key.IDENTITY)
    platform_key.change_ring(new)
    record(actor, Action.KEY_ROTATED, None, _facts(Action.KEY_ROTATED, new))


@transaction.atomic
def _change(
    actor: Actor, agency_id: int, change: Callable[[Agency, Ring], Ring], action: Action
) -> bool:
    with platform_scope():
        agency = Agency.objects.select_for_update().get(pk=agency_id)
        if not bytes(agency.data_key):
            return False
        old = load(bytes(agency.data_key))
        new = change(agency, old)
        if new == old:
            return False
        Agency.objects.filter(pk=agency_id).update(data_key=new.dump())
        record_for_both(actor, action, agency, _facts(action, new))
        if action == Action.KEY_ROTATED:
            ring(TASK, agency_id)
    return True


def _facts(action: Action, ring_of_keys: Ring) -> dict[str, object]:
    """The kind of provider alone: which key it is, is the operator's business."""
    if action == Action.KEY_ROTATED:
        return {"version": ring_of_keys.current}
    return {
        "provider": parse_spec(settings.KEY_PROVIDER).kind,
        "versions": len(ring_of_keys.wrapped),
    }


def labels_in_use() -> dict[str, int]:
    """How many rings each master key has wrapped; "" counts those of a local key without label."""
    found: dict[str, int] = {current_label(): 0}
    with platform_scope():
        stored = [bytes(one) for one in Agency.objects.values_list("data_key", flat=True) if one]
    for one in [*map(load, stored), platform_key.stored_ring()]:
        for label in one.labels:
            found[label] = found.get(label, 0) + 1
    return found
