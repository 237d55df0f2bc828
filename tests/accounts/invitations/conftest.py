"""An admin who invites."""

import pytest

from accounts.actor import Actor
from accounts.models import Agency, User


@pytest.fixture
def admin(alder: Agency, ada: User, as_actor: "object") -> Actor:
    return as_actor(ada, alder)  # type: ignore[operator,no-any-return]
