"""Setting up an agency's identity provider, and the platform's word on its domains."""

import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import mails
from accounts.actor import Actor
from accounts.faults import Fault
from accounts.login.single_sign_on.oidc import discover, secret_identity
from accounts.login.single_sign_on.refusals import Refused
from accounts.models import Agency, IdentityProvider, SecondFactorRule, SignOnDomain
from accounts.models.sign_on import DOMAIN_PATTERN
from accounts.permissions import Permission
from accounts.policies import policy_of
from accounts.services.platform_record import record_for_both
from accounts.services.seats import lock_agency
from accounts.sign_on_queries import domain_of
from portal import platform_key
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.outgoing import is_acceptable
from portal.tenancy import platform_scope


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What an agency says of its provider. An empty `client_secret` keeps the stored one."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    second_factor: SecondFactorRule
    second_factor_values: str
    addresses_verified: bool


PLAIN = (
    "name",
    "issuer",
    "client_id",
    "second_factor",
    "second_factor_values",
    "addresses_verified",
)


@transaction.atomic
def save_provider(*, actor: Actor, facts: ProviderFacts) -> IdentityProvider:
    """Enter or change the agency's provider. Raises Fault.

    Another issuer has other people: whoever logs in by it is linked by their address anew.
    """
    actor.require(Permission.MANAGE_POLICIES)
    lock_agency(actor.agency)
    if not is_acceptable(facts.issuer):
        raise Fault("sso_issuer_invalid")
    if facts.second_factor != SecondFactorRule.NONE and not facts.second_factor_values.split():
        raise Fault("sso_values_missing")
    row = IdentityProvider.objects.first() or IdentityProvider(agency_id=actor.agency)
    if row._state.adding and not facts.client_secret:
        raise Fault("sso_secret_missing")
    changed = [name for name in PLAIN if getattr(row, name) != getattr(facts, name)]
    for name in changed:
        setattr(row, name, getattr(facts, name))
    if facts.client_secret:
        changed.append("client_secret")
        secret = facts.client_secret.encode()
        row.client_secret = platform_key.seal(secret, secret_identity(row))
    if changed:
        row.save()
        record(actor, Action.SSO_CHANGED, row, {"fields": changed})
    return row


def enable_provider(*, actor: Actor, provider: IdentityProvider) -> None:
    """Let people log in by the provider, once it has answered. Raises Fault."""
    actor.require(Permission.MANAGE_POLICIES)
    try:
        discover(provider.issuer)
    except Refused as refused:
        raise Fault(refused.code) from refused
    with transaction.atomic():
        now = timezone.now()
        off = IdentityProvider.objects.filter(pk=provider.pk, enabled_at=None)
        if off.update(enabled_at=now):
            record(actor, Action.SSO_ENABLED, provider)


@transaction.atomic
def disable_provider(*, actor: Actor, provider: IdentityProvider) -> None:
    """Let nobody log in by it any more. Raises Fault while the agency's policies demand it."""
    actor.require(Permission.MANAGE_POLICIES)
    lock_agency(actor.agency)
    _require_not_needed(actor)
    on = IdentityProvider.objects.filter(pk=provider.pk, enabled_at__isnull=False)
    if on.update(enabled_at=None):
        record(actor, Action.SSO_DISABLED, provider)


@transaction.atomic
def propose_domain(*, actor: Actor, provider: IdentityProvider, domain: str) -> SignOnDomain:
    """Ask the platform to bind a domain to the agency's provider. Raises Fault."""
    actor.require(Permission.MANAGE_POLICIES)
    lock_agency(actor.agency)
    name = domain_of(domain)
    if not re.fullmatch(DOMAIN_PATTERN, name) or len(name) > 253:
        raise Fault("sso_domain_invalid")
    if SignOnDomain.objects.filter(domain=name).exists():
        raise Fault("sso_domain_known")
    row = SignOnDomain(provider=provider, domain=name, proposed_by_label=actor.label)
    row.save(force_insert=True)
    record(actor, Action.SSO_DOMAIN_PROPOSED, row, {"domain": name})
    mails.tell_platform_of_domain(Agency.objects.get(pk=actor.agency), row)
    return row


@transaction.atomic
def remove_domain(*, actor: Actor, domain: SignOnDomain) -> None:
    """Give a domain up. Raises Fault when it is the last one that the policies depend on."""
    actor.require(Permission.MANAGE_POLICIES)
    lock_agency(actor.agency)
    row = SignOnDomain.objects.select_for_update().get(pk=domain.pk)
    others = SignOnDomain.objects.exclude(pk=row.pk).filter(confirmed_at__isnull=False)
    if row.confirmed_at and not others.exists():
        _require_not_needed(actor)
    record(actor, Action.SSO_DOMAIN_REMOVED, row, {"domain": row.domain})
    row.delete()


def _require_not_needed(actor: Actor) -> None:
    if policy_of(actor.agency).single_sign_on_required:
        raise Fault("sso_required_by_policy")


def confirm_domain(*, actor: Actor, pk: int) -> None:
    """Bind a proposed domain to its agency. Raises Fault when another agency has it."""
    try:
        _decide(actor, pk, Action.SSO_DOMAIN_CONFIRMED)
    except IntegrityError as error:
        raise Fault("sso_domain_taken") from error


def withdraw_domain(*, actor: Actor, pk: int) -> None:
    """Take a confirmation back; nobody with such an address logs in by the provider any more."""
    _decide(actor, pk, Action.SSO_DOMAIN_WITHDRAWN)


@transaction.atomic
def _decide(actor: Actor, pk: int, action: Action) -> None:
    actor.require_platform()
    with platform_scope():
        # The manager wants an agency; row-level security shows the platform all domains.
        rows = SignOnDomain._base_manager.filter(pk=pk)
        row = rows.select_for_update().get()
        confirmed = action == Action.SSO_DOMAIN_CONFIRMED
        if bool(row.confirmed_at) == confirmed:
            return
        now, label = (timezone.now(), actor.label) if confirmed else (None, "")
        rows.update(confirmed_at=now, confirmed_by_label=label)
        agency = Agency.objects.get(pk=row.agency_id)
        record_for_both(actor, action, agency, {"domain": row.domain})
