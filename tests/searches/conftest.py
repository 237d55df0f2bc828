"""What several tests of searches need to make worlds that the triggers forbid."""

from collections.abc import Iterator

import pytest

from tests.searches.committed import superuser

PARAMETER = "GRANT SET ON PARAMETER session_replication_role TO candor_app"


@pytest.fixture
def past_triggers(django_db_setup: None) -> Iterator[None]:
    """The test's own transaction may step past triggers, to make a world that cannot be."""
    with superuser() as hand:
        hand.execute(PARAMETER)
    yield
    with superuser() as hand:
        hand.execute(PARAMETER.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
