"""Roles of the agency's people, and the end and return of their access."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Membership, Role, User
from accounts.permissions import Permission, known_roles
from accounts.services import notices
from accounts.services.seats import count_seats, lock_agency, seat_invitation
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import user_scope


@transaction.atomic
def change_roles(*, actor: Actor, membership: Membership, roles: Iterable[str]) -> Membership:
    """Give a member other roles; nobody their own. Raises Fault."""
    wanted = known_roles(roles)
    agency = _begin(actor, membership)
    before = list(membership.roles)
    if set(before) == set(wanted):
        return membership
    if Role.ADMIN not in wanted:
        _require_other_admin(membership)
    membership.roles = wanted
    membership.save(update_fields=["roles"])
    record(actor, Action.MEMBER_ROLES_CHANGED, membership, {"before": before, "after": wanted})
    notices.roles_changed(actor, agency, membership, before)
    return membership


@transaction.atomic
def deactivate_member(*, actor: Actor, membership: Membership) -> Membership:
    """End a member's access at once. Raises Fault."""
    agency = _begin(actor, membership)
    if membership.deactivated_at is not None:
        return membership
    _require_other_admin(membership)
    membership.deactivated_at = timezone.now()
    membership.save(update_fields=["deactivated_at"])
    count_seats()
    record(actor, Action.MEMBER_DEACTIVATED, membership, {"roles": membership.roles})
    notices.access_ended(actor, agency, membership)
    _end_sessions_without_agency(membership.user_id)
    return membership


@transaction.atomic
def reactivate_member(*, actor: Actor, membership: Membership) -> Membership:
    """Give a former member their access and roles back, if there is a seat. Raises Fault."""
    agency = _begin(actor, membership)
    if membership.deactivated_at is None:
        return membership
    membership.deactivated_at = None
    membership.save(update_fields=["deactivated_at"])
    seat_invitation(agency)
    record(actor, Action.MEMBER_REACTIVATED, membership, {"roles": membership.roles})
    notices.access_returned(actor, agency, membership)
    return membership


def _begin(actor: Actor, membership: Membership) -> Agency:
    """Lock the agency and read the member again, so that changes come one by one."""
    actor.require(Permission.MANAGE_PEOPLE)
    if membership.user_id == actor.user_id:
        raise Fault("own_membership")
    agency = lock_agency(actor.agency)
    membership.refresh_from_db()
    return agency


def _require_other_admin(membership: Membership) -> None:
    """The database's trigger says the same at commit; this says it in words."""
    is_admin = Role.ADMIN in membership.roles and membership.deactivated_at is None
    admins = Membership.objects.filter(roles__contains=[Role.ADMIN], deactivated_at=None)
    if is_admin and not admins.exclude(pk=membership.pk).exists():
        raise Fault("last_admin")


def _end_sessions_without_agency(user_id: int) -> None:
    with user_scope(user_id):
        # The manager wants an agency; row-level security shows a person's own rows.
        rows = Membership._base_manager.filter(user_id=user_id, deactivated_at=None)
        if rows.exists():
            return
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
