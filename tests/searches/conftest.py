"""The people of a search, made once for all tests of a module."""

import copy
from functools import partial

import pytest

from accounts.models import Agency
from tests.conftest import Once
from tests.searches.procedure import Office, make_office


@pytest.fixture(scope="module")
def _office(of_module: Once, _alder: Agency | None) -> Office | None:
    return None if _alder is None else of_module(partial(make_office, _alder))


@pytest.fixture
def office(_office: Office | None, alder: Agency) -> Office:
    """An analyst, three examiners, two supervisors and an auditor of Alder Police."""
    return copy.deepcopy(_office) or make_office(alder)
