"""Which identity provider belongs to an address, asked before anybody is logged in."""

import uuid
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.agency_states import is_open
from accounts.models import Agency, IdentityProvider, SignOnDomain, SignOnLink, User
from portal.tenancy import scope, sign_on_scope


def domain_of(address: str) -> str:
    """The part behind the @, in lower case and ASCII; "" when there is none."""
    domain = address.strip().rpartition("@")[2].rstrip(".").lower()
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def provider_of(pk: uuid.UUID | str) -> IdentityProvider | None:
    """The enabled provider with this id, of an agency that is open."""
    with sign_on_scope(str(pk)):
        # The manager wants an agency; row-level security shows this one row.
        row = IdentityProvider._base_manager.filter(pk=pk, enabled_at__isnull=False).first()
    return row if row is not None and _is_open(row.agency_id) else None


def provider_for(domain: str) -> IdentityProvider | None:
    """The enabled provider to which the platform has confirmed that this domain belongs."""
    if not domain:
        return None
    with sign_on_scope(domain):
        row = SignOnDomain._base_manager.filter(domain=domain, confirmed_at__isnull=False).first()
    return provider_of(row.provider_id) if row is not None else None


def is_bound(provider: IdentityProvider, domain: str) -> bool:
    """Whether addresses of this domain are taken from this provider."""
    with scope(provider.agency_id):
        rows = SignOnDomain.objects.filter(provider=provider, confirmed_at__isnull=False)
        return rows.filter(domain=domain).exists()


def still_vouched(
    agency_id: int, user: User, *, subject: str, domain: str, since: datetime
) -> bool:
    """Whether what let a log-in in at that moment has held ever since.

    The provider is on, the domain confirmed and the person linked: none of them anew, for a
    session that was to end does not come back to life.
    """
    with scope(agency_id):
        domains = SignOnDomain.objects.filter(
            provider=OuterRef("pk"), domain=domain, confirmed_at__lte=since
        )
        links = SignOnLink.objects.filter(
            issuer=OuterRef("issuer"), subject=subject, user=user, linked_at__lte=since
        )
        providers = IdentityProvider.objects.filter(enabled_at__lte=since)
        return providers.filter(Exists(domains), Exists(links)).exists()


def is_ready(agency_id: int) -> bool:
    """Whether people of the agency can log in by its provider at all."""
    with scope(agency_id):
        return SignOnDomain.objects.filter(
            confirmed_at__isnull=False, provider__enabled_at__isnull=False
        ).exists()


def _is_open(agency_id: int) -> bool:
    with scope(agency_id):
        state = Agency.objects.filter(pk=agency_id).values_list("state", flat=True).first()
    return state is not None and is_open(state)
