"""The people of a search, made once for all tests of a module; and worlds that triggers forbid."""

import copy
from collections.abc import Iterator
from functools import partial

import pytest

from accounts.models import Agency
from tests.conftest import Once
from tests.searches.committed import superuser
from tests.searches.procedure import Office, make_office

PARAMETER = "GRANT SET ON PARAMETER session_replication_role TO candor_app"


@pytest.fixture(scope="module")
def _office(of_module: Once, _alder: Agency | None) -> Office | None:
    return None if _alder is None else of_module(partial(make_office, _alder))


@pytest.fixture
def office(_office: Office | None, alder: Agency) -> Office:
    """An analyst, three examiners, two supervisors and an auditor of Alder Police."""
    return copy.deepcopy(_office) or make_office(alder)


@pytest.fixture
def past_triggers(django_db_setup: None) -> Iterator[None]:
    """The test's own transaction may step past triggers, to make a world that cannot be."""
    with superuser() as hand:
        hand.execute(PARAMETER)
    yield
    with superuser() as hand:
        hand.execute(PARAMETER.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
