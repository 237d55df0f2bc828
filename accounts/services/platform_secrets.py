"""Sealing the secrets that the platform's key keeps by its current version.

Secrets of authenticator apps and recovery codes, and the client secrets of single sign-on: one row
a transaction, so that a log-in in between finds the one or the other, and a kill loses nothing.
"""

from base64 import b64decode, b64encode
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.login.factors import IDENTITY
from accounts.login.single_sign_on.oidc import secret_identity
from accounts.models import IdentityProvider
from portal import platform_key
from portal.tenancy import scope


def reseal_secrets(agencies: list[int]) -> int:
    """Every secret of the platform, and those of these agencies; returns how many changed.

    Raises KeyProblem for one that nothing opens, KeyServiceAway.
    """
    done = 0
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        done += _factor(pk)
    for agency_id in agencies:
        with scope(agency_id):
            for pk in IdentityProvider.objects.values_list("pk", flat=True):
                done += _provider(pk)
    return done


@transaction.atomic
def _factor(pk: int) -> bool:
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    fresh = {name: _renewed(name, value) for name, value in row.data.items()}
    if fresh == row.data:
        return False
    row.data = fresh
    row.save(update_fields=["data"])
    return True


def _renewed(name: str, value: Any) -> Any:
    """What django-allauth encrypts of a factor, by the names it has there; all else as it is."""
    if name in ("secret", "seed"):
        return _renewed_text(value)
    if name == "migrated_codes":
        return [_renewed_text(one) for one in value]
    return value


def _renewed_text(text: str) -> str:
    sealed = b64decode(text)
    if platform_key.is_current(sealed):
        return text
    plain = platform_key.unseal(sealed, IDENTITY)
    return b64encode(platform_key.seal(plain, IDENTITY)).decode("ascii")


@transaction.atomic
def _provider(pk: Any) -> bool:
    row = IdentityProvider.objects.select_for_update().filter(pk=pk).first()
    if row is None or platform_key.is_current(bytes(row.client_secret)):
        return False
    identity = secret_identity(row)
    plain = platform_key.unseal(bytes(row.client_secret), identity)
    row.client_secret = platform_key.seal(plain, identity)
    row.save(update_fields=["client_secret"])
    return True
