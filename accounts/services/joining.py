"""Accepting an invitation: once, by the person it is for.

The answers tell a link's holder nothing about whether the address has an account: the same checks
run, one hash is computed, and every refusal reads the same.
"""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.agency_states import WORKING
from accounts.faults import Fault
from accounts.models import Invitation, Membership, User
from accounts.models.invitation import is_live
from accounts.services import notices
from accounts.services.invitations import live_invitation
from accounts.services.seats import count_seats, has_license, lock_agency, seat_member
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import scope


def accept_with_password(*, source: str, token: str, name: str, password: str) -> Membership:
    """Join with an account's password, or with a new account. Raises Fault."""
    invitation = live_invitation(token)
    with scope(invitation.agency_id):
        _use_a_try(invitation)
        user = _proven(invitation, name, password)
        if user is None:
            actor = Actor(None, invitation.email, invitation.agency_id, frozenset(), source)
            record(actor, Action.INVITATION_REFUSED, invitation, {"try": invitation.tries + 1})
            raise Fault("invitation_refused")
        return _join(invitation, user, source)


def accept_as(*, source: str, token: str, user: User) -> Membership:
    """Join as the person who is logged in. Raises Fault."""
    invitation = live_invitation(token)
    if user.email != invitation.email:
        raise Fault("invitation_other_person")
    with scope(invitation.agency_id):
        return _join(invitation, user, source)


def _use_a_try(invitation: Invitation) -> None:
    """Count before looking at the password, so that parallel tries are counted too."""
    tries = Invitation.objects.filter(
        is_live(), pk=invitation.pk, token_hash=invitation.token_hash
    ).update(tries=F("tries") + 1)
    if not tries:
        raise Fault("invitation_dead")


def _proven(invitation: Invitation, name: str, password: str) -> User | None:
    """The account whose password this is, an unsaved new one, or None."""
    account = User.objects.filter(email=invitation.email).first()
    if invitation.membership_id and account is not None and not account.has_usable_password():
        return _first_password(account, password)
    newcomer = User(email=invitation.email, name=name, language=invitation.language)
    try:
        validate_password(password, newcomer)
        is_strong = True
    except ValidationError:
        is_strong = False
    if account is None:
        newcomer.password = make_password(password)
        return newcomer if is_strong else None
    return account if account.check_password(password) and account.is_active else None


def _first_password(account: User, password: str) -> User | None:
    """The account that was made for somebody whose agency came from elsewhere, with a password.

    It is saved when the invitation is won.
    """
    try:
        validate_password(password, account)
    except ValidationError:
        make_password(password)  # the same work as for the others
        return None
    account.password = make_password(password)
    return account


@transaction.atomic
def _join(invitation: Invitation, user: User, source: str) -> Membership:
    agency = lock_agency(invitation.agency_id)
    if agency.state not in WORKING:
        raise Fault("invitation_dead")
    now = timezone.now()
    won = Invitation.objects.filter(
        pk=invitation.pk,
        token_hash=invitation.token_hash,
        accepted_at=None,
        revoked_at=None,
        expires_at__gt=now,
    ).update(accepted_at=now)
    if not won:
        raise Fault("invitation_dead")
    try:
        with transaction.atomic():
            membership = _member(invitation, user)
    except IntegrityError:
        # The address got an account, or the person a membership, in this very moment.
        raise Fault("invitation_refused") from None
    if invitation.membership_id is None or has_license(agency):
        seat_member(agency)
    else:
        count_seats()  # it came without a license, and its people may read
    actor = Actor(user.pk, user.email, agency.pk, frozenset(), source)
    joined = {"membership": membership.pk, "roles": membership.roles}
    record(actor, Action.INVITATION_ACCEPTED, invitation, joined)
    notices.member_added(actor, agency, membership)
    return membership


def _member(invitation: Invitation, user: User) -> Membership:
    """A new membership; or the one that came along with an agency, as it was."""
    if invitation.membership_id is None:
        if user._state.adding:
            user.save(force_insert=True)
        return Membership.objects.create(user=user, roles=invitation.roles)
    user.save(update_fields=["password"])
    membership = Membership.objects.get(pk=invitation.membership_id, user=user)
    membership.deactivated_at = None
    membership.save(update_fields=["deactivated_at"])
    return membership
