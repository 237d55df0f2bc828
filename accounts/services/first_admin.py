"""The platform's only way to let somebody into an agency: its first admin, who invites others."""

from dataclasses import replace

from django.core.validators import validate_email
from django.db import transaction

from accounts.actor import Actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership, Role
from accounts.permissions import Permission
from accounts.services.invitations import invite_member, revoke_invitation
from accounts.services.platform_record import record_for_both
from accounts.services.seats import lock_agency
from portal.audit.actions import Action
from portal.tenancy import scope


def may_invite_admin(agency: Agency) -> bool:
    """Whether the agency works and has had nobody yet."""
    with scope(agency.pk):
        return agency.state in WORKING and not Membership.objects.exists()


def invite_first_admin(*, actor: Actor, agency: Agency, email: str, language: str) -> None:
    """Invite the admin of an agency that has had nobody yet; it is on both records.

    An earlier invitation that was not accepted is withdrawn. Raises Fault, "agency_has_people"
    among others, or ValidationError for a bad address. With "mail_not_sent" the invitation exists;
    inviting again makes a new link.
    """
    actor.require_platform()
    validate_email(email.strip())
    right = frozenset({Permission.MANAGE_PEOPLE})
    within = replace(actor, agency_id=agency.pk, permissions=right, platform=False)
    with scope(agency.pk):
        unsent = _invited(actor, within, agency, email, language)
    if unsent is not None:
        raise unsent


@transaction.atomic
def _invited(
    actor: Actor, within: Actor, agency: Agency, email: str, language: str
) -> Fault | None:
    """Under the agency's lock, that nobody joins meanwhile; the fault of a mail that did not go."""
    unsent = None
    if not may_invite_admin(lock_agency(agency.pk)):
        raise Fault("agency_has_people")
    for open_one in Invitation.objects.filter(accepted_at=None, revoked_at=None):
        revoke_invitation(actor=within, invitation=open_one)
    try:
        invite_member(actor=within, email=email, roles=[Role.ADMIN], language=language)
    except Fault as fault:
        if fault.code != "mail_not_sent":
            raise
        unsent = fault
    record_for_both(actor, Action.AGENCY_ADMIN_INVITED, agency)
    return unsent
