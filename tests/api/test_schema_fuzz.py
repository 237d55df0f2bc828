"""Every address of the API's description is asked for things that it promises, and does not.

All of schemathesis' checks, with a token and without: no failure of ours, no answer that the
description does not name. TEST_FUZZ_CASES says how many requests there are in all.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, assume, given, settings
from pytest_django.plugin import DjangoDbBlocker
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

from accounts.models import Role
from portal import operating
from portal.wsgi import application
from tests.accounts.races import ADDRESSES, committed_agency
from tests.conftest import join
from tests.factories import make_license, make_token

EACH_TEST_ALONE = True

CASES = int(os.environ.get("TEST_FUZZ_CASES", "10000"))
CONFIG = SchemathesisConfig()
CHECK = CONFIG.projects.default.checks.positive_data_acceptance
# What a description cannot say: that a case is closed, a number is taken (422), that nobody has
# the number by which a filter asks for a person (400).
CHECK.expected_statuses = [*CHECK.expected_statuses, "400", "422"]
operating.keep(operating.NORMAL)  # tests are collected without a database
SCHEMA = openapi.from_wsgi("/api/v1/schema/?format=json", application, config=CONFIG)
OPERATIONS: list[APIOperation[Any, Any, Any, Any]] = [
    found.ok()  # type: ignore[union-attr]
    for found in SCHEMA.get_all_operations()
]
# With a token and without, wrong and right: so many of each.
EACH = -(-CASES // (3 * len(OPERATIONS)))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "models")]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A server closes old connections after a request; here that would be the test's own."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def headers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """The token of somebody who has every role; what is asked for with it is undone each time."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        person = join(agency, f"all@{ADDRESSES}", "All", *Role)
        yield {"Authorization": f"Bearer {make_token(agency, person)[1]}"}


# A text in an address takes any text.
NEVER_WRONG = {"GET /api/v1/pictures/{signed}/"}


def reaches_the_portal(value: Any) -> bool:
    """An empty object or list, wrong as it may be, leaves nothing in an address."""
    if isinstance(value, dict):
        return any(map(reaches_the_portal, value.values()))
    return any(map(reaches_the_portal, value)) if isinstance(value, list) else True


def fuzz(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    check: Callable[[Any], None],
) -> None:
    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        derandomize=True,  # the same requests every time: what lands is what was tried
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        assume(all(map(reaches_the_portal, (case.query or {}).values())))
        check(case)

    run()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_with_a_token(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, headers: dict[str, str]
) -> None:
    if mode == GenerationMode.NEGATIVE and operation.label in NEVER_WRONG:
        return
    fuzz(operation, mode, lambda case: case.call_and_validate(headers=headers))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_without_a_token(operation: APIOperation[Any, Any, Any, Any]) -> None:
    fuzz(operation, GenerationMode.POSITIVE, lambda case: case.call_and_validate())
