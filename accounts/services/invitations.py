"""Inviting people: each link works once, for one person, for some days."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts import mails
from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership
from accounts.permissions import Permission, known_roles
from accounts.policies import policy_of
from accounts.services.seats import count_seats, lock_agency, seat_invitation
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import invitation_scope


def invite_member(*, actor: Actor, email: str, roles: Iterable[str], language: str) -> Invitation:
    """Invite an address and send the link. Raises Fault, or ValidationError for a bad address.

    With Fault("mail_not_sent") the invitation exists and can be sent again.
    """
    actor.require(Permission.MANAGE_PEOPLE)
    email = email.strip().lower()
    validate_email(email)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        agency = lock_agency(actor.agency)
        _require_stranger(email)
        invitation = Invitation(
            email=email,
            roles=known_roles(roles),
            language=language,
            invited_by_id=actor.user_id,
            invited_by_label=actor.label,
        )
        _renew(invitation, token, policy_of(actor.agency).invitation_days)
        invitation.save(force_insert=True)
        seat_invitation(agency)
        record(actor, Action.INVITATION_SENT, invitation, {"roles": invitation.roles})
    _send(invitation, agency, token)
    return invitation


def invite_back(*, actor: Actor, membership: Membership, language: str) -> tuple[Invitation, str]:
    """Invite somebody whose agency came from elsewhere to the account that was made for them.

    Part of the open transaction. The membership is one that has ended until the link is used. The
    second value is the link's token, for `send_back` after the commit.
    """
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=membership.user.email,
        roles=membership.roles,
        language=language,
        invited_by_label=actor.label,
        membership_id=membership.pk,
    )
    _renew(invitation, token, policy_of(actor.agency).invitation_days)
    invitation.save(force_insert=True)
    record(actor, Action.INVITATION_SENT, invitation, {"roles": invitation.roles})
    return invitation, token


def send_back(invitation: Invitation, agency: Agency, token: str) -> None:
    """Send the link of `invite_back`. Raises Fault("mail_not_sent")."""
    _send(invitation, agency, token)


def resend_invitation(*, actor: Actor, invitation: Invitation) -> Invitation:
    """Send a new link; the old one is dead from now on. Raises Fault."""
    actor.require(Permission.MANAGE_PEOPLE)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        agency = lock_agency(actor.agency)
        _still_open(invitation)
        _renew(invitation, token, policy_of(actor.agency).invitation_days)
        invitation.save(update_fields=["token_hash", "sent_at", "expires_at", "tries"])
        seat_invitation(agency)
        record(actor, Action.INVITATION_RESENT, invitation)
    _send(invitation, agency, token)
    return invitation


@transaction.atomic
def revoke_invitation(*, actor: Actor, invitation: Invitation) -> Invitation:
    """Withdraw an open invitation. Raises Fault when it is not open any more."""
    actor.require(Permission.MANAGE_PEOPLE)
    lock_agency(actor.agency)
    _still_open(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    count_seats()
    record(actor, Action.INVITATION_REVOKED, invitation)
    return invitation


def live_invitation(token: str) -> Invitation:
    """The invitation whose link this is. Raises Fault("invitation_dead"), whatever the reason."""
    digest = hash_of(token)
    with invitation_scope(digest):
        # The manager wants an agency; row-level security shows the row of this hash.
        found = Invitation._base_manager.filter(token_hash=digest).first()
    if found is None or not found.is_live:
        raise Fault("invitation_dead")
    return found


def hash_of(token: str) -> str:
    """SHA-256 in hex; the token's 256 random bits need no salt and no stretching."""
    return sha256(token.encode()).hexdigest()


def _require_stranger(email: str) -> None:
    membership = Membership.objects.filter(user__email=email).first()
    if membership is not None:
        gone = membership.deactivated_at is not None
        raise Fault("member_deactivated" if gone else "already_member")
    if Invitation.objects.filter(email=email, accepted_at=None, revoked_at=None).exists():
        raise Fault("already_invited")


def _still_open(invitation: Invitation) -> None:
    """Read the row again under the agency's lock; accepted and revoked ones are closed."""
    invitation.refresh_from_db()
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise Fault("invitation_dead")


def _renew(invitation: Invitation, token: str, days: int) -> None:
    invitation.token_hash = hash_of(token)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + timedelta(days=days)
    invitation.tries = 0


def _send(invitation: Invitation, agency: Agency, token: str) -> None:
    """After the commit: a slow mail server must not hold the agency's lock."""
    try:
        mails.send_invitation(invitation, agency.name, token)
    except OSError as error:  # SMTPException is one
        raise Fault("mail_not_sent") from error
