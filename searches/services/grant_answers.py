"""What the agency that a grant names does with it: it is looked up, and its admin answers.

They act in their own agency; what changes in the owning one is written in its scope. Both records
say that it was answered, and neither who of the other agency did.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor, system_actor
from accounts.agency_states import WORKING
from accounts.licensing import local_day
from accounts.models import Agency
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import GalleryGrant, GrantState
from searches.services.grant_mails import tell_of_answer, tell_of_offer
from searches.services.granting import JOB, facts_of


@transaction.atomic
def look_up_grant(pk: UUID) -> bool:
    """Offer a grant to the agency that it names, if there is one that works; tell its admins.

    Returns whether it did. Done once: an agency that joins later is offered it anew.
    """
    rows = GalleryGrant.objects.select_for_update(of=("self",))
    grant = rows.filter(pk=pk, looked_up_at=None, revoked_at=None).first()
    if grant is None:
        return False
    found = _named(grant.named)
    grant.looked_up_at = timezone.now()
    if found is not None and found != grant.agency_id:
        grant.borrower_id = found
    grant.save(update_fields=["looked_up_at", "borrower_id"])
    if grant.borrower_id is None:
        return False
    facts = {"agency": grant.agency_id, **facts_of(grant)}
    record(system_actor(JOB, grant.borrower_id), Action.GRANT_RECEIVED, grant, facts)
    tell_of_offer(grant)
    return True


def _named(name: str) -> int | None:
    """The working agency with this short name, else the only one with this full name.

    Never a training place: nobody there sees a real person.
    """
    with platform_scope():
        working = Agency.objects.filter(state__in=WORKING, is_sandbox=False).order_by("pk")
        by_slug = working.filter(slug=name.lower()).values_list("pk", flat=True)
        by_name = working.filter(name__iexact=name).values_list("pk", flat=True)
        found = list(by_slug) or list(by_name[:2])
    return found[0] if len(found) == 1 else None


def look_up_waiting_grants() -> int:
    """The grants of the current agency whose bell was lost; returns how many were looked at."""
    waiting = GalleryGrant.objects.filter(looked_up_at=None, revoked_at=None)
    keys = list(waiting.values_list("pk", flat=True)[:1000])
    for pk in keys:
        look_up_grant(pk)
    return len(keys)


@transaction.atomic
def accept_grant(*, actor: Actor, pk: UUID) -> GalleryGrant:
    """Accept for one's agency, which may search by it from the first day on. Raises Fault."""
    grant = _held(actor, pk)
    with scope(grant.agency_id):
        if _state(grant) != GrantState.OFFERED:
            raise Fault("grant_answered")
        grant.accepted_at, grant.answered_by_id = timezone.now(), actor.user_id
        grant.save(update_fields=["accepted_at", "answered_by_id"])
    _say(actor, grant, Action.GRANT_ACCEPTED)
    return grant


@transaction.atomic
def decline_grant(*, actor: Actor, pk: UUID) -> GalleryGrant:
    """Decline, or give up what was accepted. Raises Fault when it is over."""
    grant = _held(actor, pk)
    with scope(grant.agency_id):
        if not grant.is_open:
            raise Fault("grant_answered")
        grant.declined_at, grant.answered_by_id = timezone.now(), actor.user_id
        grant.save(update_fields=["declined_at", "answered_by_id"])
    _say(actor, grant, Action.GRANT_DECLINED)
    return grant


def _held(actor: Actor, pk: UUID) -> GalleryGrant:
    """The grant that names the actor's agency, locked until the transaction ends."""
    actor.require(Permission.MANAGE_GALLERIES)
    if actor.user_id is None:
        raise PermissionDenied("Who answers for an agency is a person")
    # The manager shows one's own agency's rows; row-level security those that name it, too.
    named = GalleryGrant._base_manager.get(pk=pk, borrower_id=actor.agency)
    with scope(named.agency_id):
        return GalleryGrant.objects.select_for_update(of=("self",)).get(pk=pk)


def _state(grant: GalleryGrant) -> GrantState:
    zone = Agency.objects.values_list("time_zone", flat=True).get(pk=grant.agency_id)
    return grant.state_on(local_day(timezone.now(), zone))


def _say(actor: Actor, grant: GalleryGrant, action: Action) -> None:
    """In both records; the owner is told."""
    record(actor, action, grant, {"agency": grant.agency_id})
    record(system_actor(JOB, grant.agency_id), action, grant, {"agency": actor.agency})
    with scope(grant.agency_id):
        tell_of_answer(grant)
