"""A POST with an Idempotency-Key is done once, also when it comes twenty times at once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency, IdempotentAnswer, Kind, Role, UsageEntry
from accounts.services.answers import forget_all
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case, Search
from searches.services.searching import run_search
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.api.caller import Caller, caller, code
from tests.api.searches_cast import new_search
from tests.conftest import join
from tests.searches.committed import committed_place

EACH_TEST_ALONE = True

NEW = {"number": "C-77", "title": "Robbery", "purpose": "missing_person"}
KEY = {"Idempotency-Key": "night-run/7"}


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


def counted(agency: Agency) -> tuple[int, int]:
    with scope(agency.pk):
        opened = AuditEntry.objects.filter(agency_id=agency.pk, action=Action.CASE_OPENED)
        return Case.objects.count(), opened.count()


@pytest.mark.django_db
def test_sent_again_it_gets_the_same_answer(ana_api: Caller, alder: Agency) -> None:
    first, again = (ana_api.post("api_cases", data=NEW, headers=KEY) for _ in range(2))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.status_code, again["Location"]) == (201, first["Location"])
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert counted(alder) == (1, 1)


@pytest.mark.django_db
def test_an_error_is_an_answer_too(ana_api: Caller, alder: Agency) -> None:
    wrong = {**NEW, "number": ""}
    first, again = (ana_api.post("api_cases", data=wrong, headers=KEY) for _ in range(2))
    assert code(first) == (422, "input_invalid")
    assert first.json()["errors"] == again.json()["errors"]
    assert again["Content-Type"] == "application/problem+json"
    assert counted(alder) == (0, 0)


@pytest.mark.django_db
def test_a_key_is_for_one_request_of_one_token(ana_api: Caller, alder: Agency) -> None:
    ana_api.post("api_cases", data=NEW, headers=KEY)
    other = ana_api.post("api_cases", data={**NEW, "number": "C-78"}, headers=KEY)
    assert code(other) == (422, "idempotency_key_reused")
    ben = caller(alder, Role.ANALYST, name="ben")
    theirs = ben.post("api_cases", data={**NEW, "number": "C-79"}, headers=KEY)
    assert theirs.status_code == 201
    assert counted(alder) == (2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "\u00e9"])
def test_a_key_that_is_none(ana_api: Caller, alder: Agency, key: str) -> None:
    refused = ana_api.post("api_cases", data=NEW, headers={"Idempotency-Key": key})
    assert code(refused) == (400, "idempotency_key_invalid")
    assert counted(alder) == (0, 0)


@pytest.mark.django_db
def test_a_failure_of_ours_keeps_nothing(
    ana_api: Caller, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("searches.api.cases.open_case", fail)
        with pytest.raises(RuntimeError):
            ana_api.post("api_cases", data=NEW, headers=KEY)
    assert ana_api.post("api_cases", data=NEW, headers=KEY).status_code == 201
    assert counted(alder) == (1, 1)


@pytest.mark.django_db
def test_answers_are_sealed_and_forgotten_after_a_day(ana_api: Caller, alder: Agency) -> None:
    ana_api.post("api_cases", data=NEW, headers=KEY)
    with scope(alder.pk):
        kept = IdempotentAnswer.objects.get()
        assert b"Robbery" not in bytes(kept.body)
    assert forget_all() == 0
    with scope(alder.pk):
        IdempotentAnswer.objects.update(answered_at=timezone.now() - timedelta(hours=25))
    assert forget_all() == 1
    assert code(ana_api.post("api_cases", data=NEW, headers=KEY)) == (422, "input_invalid")


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def test_twenty_at_once_make_one_thing(town: Agency) -> None:
    ana_api = Caller(town, join(town, f"ana@{ADDRESSES}", "Ana", Role.ANALYST))
    calls = [lambda: ana_api.post("api_cases", data=NEW, headers=KEY)] * 20
    answers = at_once(*calls)
    assert {(one.status_code, one.content) for one in answers} == {  # type: ignore[attr-defined]
        (201, answers[0].content)  # type: ignore[attr-defined]
    }
    assert counted(town) == (1, 1)


def test_twenty_at_once_charge_one_search(
    django_db_setup: None, models: object, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), committed_place() as place:
        analyst = Caller(place.agency, place.office.people["analyst"])
        with scope(place.agency.pk):
            said = new_search(place.probe, place.gallery)
        calls = [lambda: analyst.post("api_searches", data=said, headers=KEY)] * 20
        answers = at_once(*calls)
        assert {(one.status_code, one.content) for one in answers} == {  # type: ignore[attr-defined]
            (201, answers[0].content)  # type: ignore[attr-defined]
        }
        with scope(place.agency.pk):
            search = Search.objects.get(pk=answers[0].json()["id"])  # type: ignore[attr-defined]
            run_search(search.pk)
            assert Search.objects.count() == 1
            used = UsageEntry.objects.filter(kind=Kind.SEARCH)
            assert [entry.quantity for entry in used] == [1]
