"""An agency without a license."""

import pytest

from accounts.models import Agency, AgencyState
from accounts.services.agencies import create_agency
from tests.accounts.licenses.cast import OPERATOR


@pytest.fixture
def cedar(db: None) -> Agency:
    """Cedar Police, in Los Angeles, has no license yet."""
    return create_agency(
        actor=OPERATOR,
        name="Cedar Police",
        slug="cedar",
        time_zone="America/Los_Angeles",
        state=AgencyState.ACTIVE,
    )
