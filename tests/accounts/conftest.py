"""The platform's staff."""

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.platform_cast import enter
from tests.conftest import PASSWORD


@pytest.fixture
def sue(db: None) -> User:
    """Sue is a superuser of the platform and belongs to no agency."""
    return User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")


@pytest.fixture
def stan(db: None) -> User:
    """Stan is platform staff without further rights."""
    return User.objects.create_user("stan@platform.example", PASSWORD, name="Stan", is_staff=True)


@pytest.fixture
def inside(client: Client, sue: User) -> Client:
    """Sue with an open staff session."""
    enter(client, sue)
    return client
