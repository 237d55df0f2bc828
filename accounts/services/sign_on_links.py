"""Whom a log-in by an identity provider stands for."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.login.single_sign_on.refusals import Refused
from accounts.models import IdentityProvider, Membership, SignOnLink, User
from accounts.permissions import Permission
from accounts.services.locking import may_log_in
from accounts.sign_on_queries import domain_of, is_bound
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import scope


def admit(*, provider: IdentityProvider, subject: str, address: str, source: str) -> User:
    """The member of the agency whom the provider has named; linked at their first log-in.

    `address` is verified by the provider and in lower case. Raises Refused: the domain is not
    bound to the provider; nobody of the agency; somebody else than before; platform staff.
    """
    if not is_bound(provider, domain_of(address)):
        raise Refused("sso_domain_not_bound")
    with scope(provider.agency_id), transaction.atomic():
        links = SignOnLink.objects.filter(issuer=provider.issuer)
        link = links.select_related("user").filter(subject=subject).first()
        user = link.user if link else User.objects.filter(email=address).first()
        if user is None or not _is_member(user):
            raise Refused("sso_not_a_member")
        if user.is_staff:
            raise Refused("sso_staff")
        if link is None and links.filter(user=user).exists():
            raise Refused("sso_other_identity")
        if link is not None:
            SignOnLink.objects.filter(pk=link.pk).update(last_used_at=timezone.now())
        elif may_log_in(user):  # others are turned away by the last step of log-in
            _link(provider, subject, user, source)
    return user


def _is_member(user: User) -> bool:
    return Membership.objects.filter(user=user, deactivated_at=None).exists()


def _link(provider: IdentityProvider, subject: str, user: User, source: str) -> None:
    link = SignOnLink(
        user=user, issuer=provider.issuer, subject=subject, last_used_at=timezone.now()
    )
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError as error:  # two first log-ins at once
        raise Refused("sso_refused", "link") from error
    actor = Actor(user.pk, user.email, provider.agency_id, frozenset(), source)
    record(actor, Action.SSO_LINKED, link)


def is_link_of(provider: IdentityProvider, subject: str, user: User) -> bool:
    """Whether the provider's subject is this person."""
    with scope(provider.agency_id):
        links = SignOnLink.objects.filter(issuer=provider.issuer, subject=subject)
        return links.filter(user=user).exists()


@transaction.atomic
def release_link(*, actor: Actor, link: SignOnLink) -> None:
    """Forget who a person is at the provider; their next log-in links them by address again."""
    actor.require(Permission.MANAGE_POLICIES)
    row = SignOnLink.objects.select_for_update().get(pk=link.pk)
    record(actor, Action.SSO_LINK_RELEASED, row, {"person": row.user_id})
    row.delete()


@transaction.atomic
def record_refusal(*, provider: IdentityProvider, code: str, label: str, source: str) -> None:
    """Keep with the agency that somebody did not get in, and why."""
    actor = Actor(None, label[:254], provider.agency_id, frozenset(), source)
    record(actor, Action.SSO_REFUSED, provider, {"code": code})
