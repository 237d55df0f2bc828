"""Two auditors sign the same week at the same moment."""

from collections.abc import Iterator
from functools import partial

import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import actor_of
from accounts.actor import Actor
from accounts.models import Agency, Membership, Role
from oversight.faults import Fault
from oversight.models import Finding, RecordReview
from oversight.services.review_reminding import remind_agency
from oversight.services.reviewing import sign_week
from oversight.weeks import finished_weeks
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.conftest import join
from tests.oversight.cast import age

EACH_TEST_ALONE = True


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        age(agency, 2)
        yield agency


def signer(town: Agency, name: str) -> Actor:
    user = join(town, f"{name}@{ADDRESSES}", name, Role.AUDITOR)
    with scope(town.pk):
        return actor_of(user, town, Membership.objects.get(user=user), "127.0.0.1")


def sign(town: Agency, actor: Actor) -> RecordReview:
    with scope(town.pk):
        week = finished_weeks(town)[0]
        return sign_week(actor=actor, week=week, finding=Finding.NOTHING, note=actor.label)


def test_one_of_two_signs(town: Agency) -> None:
    calls = [partial(sign, town, signer(town, name)) for name in ("one", "two")]
    results = at_once(*calls)
    refused = [one for one in results if isinstance(one, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], Fault), refused
    assert refused[0].code == "review_signed"
    with scope(town.pk):
        row = RecordReview.objects.get()
        entry = AuditEntry.objects.get(action=Action.RECORD_REVIEWED)
        assert entry.actor_label == row.signed_by_label == row.note


def test_two_clocks_remind_once(town: Agency) -> None:
    signer(town, "one")
    results = at_once(partial(remind_agency, town), partial(remind_agency, town))
    assert not [one for one in results if isinstance(one, Exception)], results
    with scope(town.pk):
        sent = AuditEntry.objects.filter(action=Action.RECORD_REVIEW_REMINDED)
        weeks = [entry.data["week"] for entry in sent]
    assert weeks
    assert len(weeks) == len(set(weeks)) == sum(map(int, map(str, results)))
