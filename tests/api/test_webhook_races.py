"""Several workers deliver at the same moment."""

import uuid
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency, EventType
from accounts.webhooks.claiming import claim_next
from accounts.webhooks.events import hand_over
from portal.tenancy import scope
from tests.accounts.races import at_once, committed_agency
from tests.factories import make_webhook

EACH_TEST_ALONE = True

pytestmark = pytest.mark.usefixtures("bells")


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def test_two_workers_never_make_the_same_try(town: Agency) -> None:
    endpoint, _ = make_webhook(town)
    with scope(town.pk):
        for _n in range(12):
            hand_over(EventType.TEST, {"webhook": endpoint.pk}, endpoint)
    claimed: list[uuid.UUID] = []

    def claim() -> None:
        with scope(town.pk):
            claimed.extend(row.pk for row in iter(claim_next, None))

    assert at_once(*[claim] * 4) == [None] * 4
    assert len(claimed) == len(set(claimed)) == 12
