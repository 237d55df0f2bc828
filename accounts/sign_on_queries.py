"""Which identity provider belongs to an address, asked before anybody is logged in."""

import uuid

from accounts.agency_states import is_open
from accounts.models import Agency, IdentityProvider, SignOnDomain
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
