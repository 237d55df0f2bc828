"""Providers of two agencies, of which one is bound."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Agency, User
from accounts.models import IdentityProvider as Provider
from tests.accounts.single_sign_on.cast import bind, started
from tests.identity_provider import IdentityProvider


@pytest.fixture(autouse=True)
def _here(settings: Any) -> None:
    """The tests' providers live on this machine, which only a listed host may."""
    settings.SSO_HOSTS = ["127.0.0.1"]
    settings.BASE_URL = "http://testserver"


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    """Alder's identity provider, at which Ana is logged in."""
    yield from started()


@pytest.fixture
def idp_of_birch() -> Iterator[IdentityProvider]:
    yield from started()


@pytest.fixture
def provider(alder: Agency, idp: IdentityProvider, ana: User) -> Provider:
    return bind(alder, idp, "alder.example")
