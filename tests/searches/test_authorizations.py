"""The queue of authorizations, and the decision pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Role
from portal.audit.models import AuditEntry
from searches.models import Authorization, Basis, ErasureReceipt, Gallery, Search, Stage
from searches.services.authorizing import authorize_search
from tests.conftest import join
from tests.factories import PDF, make_case, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, conclude, filled_gallery, searched

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT = {"basis": Basis.AUTHORIZED, "reference": "Court of Harbour, 12/2026", "document": PDF}
URGENT = {"basis": Basis.URGENT}
REASON = {"reason": "The warrant names this very picture"}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 4)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Waits for a supervisor."""
    return searched(office, person_jpeg(1), gallery, run=False, **WARRANT)


@pytest.fixture
def sue(client: Client, office: Office) -> Client:
    client.force_login(office.people["supervisor"])
    return client


def another(search: Search, gallery: Gallery, office: Office, name: str, **grounds: Any) -> Search:
    """One more search in the same case, by that person."""
    probe = make_probe(search.case, person_jpeg(2))
    actor = office.actor(name)
    return make_search(probe, [gallery], run=False, actor=actor, **grounds)


def test_the_queue_has_what_waits_first_then_urgent_then_locked(
    sue: Client,
    office: Office,
    gallery: Gallery,
    search: Search,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    urgent = another(search, gallery, office, "analyst", **URGENT)
    later = another(search, gallery, office, "analyst", **WARRANT)
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr("searches.services.grounds.URGENT_HOURS", -1)
    locked = another(search, gallery, office, "analyst", **URGENT)
    answer = sue.get(reverse("authorizations"))
    parts = [[row.search for row in part.rows] for part in answer.context["parts"]]
    assert parts == [[search, later], [urgent], [locked]]
    hours = [row.hours for part in answer.context["parts"] for row in part.rows]
    assert hours == [None, None, 47, None]
    text = answer.content.decode()
    assert "Overdue since" in text
    assert "47 hours left" in text


def test_the_decision_page_shows_what_it_is_about(
    sue: Client, office: Office, gallery: Gallery, search: Search
) -> None:
    authorize_search(
        actor=office.actor("supervisor"),
        search=another(search, gallery, office, "analyst", **WARRANT),
        **REASON,
    )
    other = searched_elsewhere(office, gallery)
    answer = sue.get(reverse("authorization", args=[search.pk]))
    text = answer.content.decode()
    for expected in (
        search.reason,
        search.reference,
        reverse("probe_picture", args=[search.probe_id]),
    ):
        assert expected in text
    previous = answer.context["previous"]
    assert (previous.in_case, previous.concluded_in_case) == (1, 0)
    assert (previous.of_requester, previous.concluded_of_requester) == (2, 1)
    assert other.stage == Stage.CONCLUDED
    assert AuditEntry.objects.filter(action="search.viewed").count() == 1


def searched_elsewhere(office: Office, gallery: Gallery) -> Search:
    """A concluded search of the same analyst in another case."""
    probe = make_probe(make_case(office.agency, "2026-002"), person_jpeg(3))
    return conclude(office, make_search(probe, [gallery], actor=office.actor("analyst")))


def test_authorizing_lets_the_search_be_done(
    sue: Client, search: Search, bells: list[tuple[str, tuple[object, ...]]]
) -> None:
    address = reverse("authorization", args=[search.pk])
    assert sue.post(address, {"reason": ""}).status_code == 422
    assert sue.post(address, {"reason": "short"}).status_code == 422
    assert Authorization.objects.count() == 0
    assert sue.post(address, REASON).status_code == 302
    search.refresh_from_db()
    assert search.stage == Stage.QUEUED
    assert sue.get(address).status_code == 302  # nothing is left to decide
    again = sue.post(address, REASON)
    assert (again.status_code, b"not_awaiting_authorization" in again.content) == (422, True)
    assert Authorization.objects.count() == 1


def test_refusing_says_first_what_is_erased(sue: Client, search: Search) -> None:
    address = reverse("authorization_refuse", args=[search.pk])
    asked = sue.get(address).content.decode()
    assert "Refusing erases for good" in asked
    assert sue.post(address, {"reason": ""}).status_code == 422
    search.refresh_from_db()
    assert search.stage == Stage.AWAITING_AUTHORIZATION
    assert sue.post(address, REASON).status_code == 302
    search.refresh_from_db()
    assert (search.stage, ErasureReceipt.objects.count()) == (Stage.REFUSED, 1)
    again = sue.post(address, REASON)
    assert (again.status_code, b"not_awaiting_authorization" in again.content) == (422, True)


@pytest.mark.parametrize("name", ["authorization", "authorization_refuse"])
def test_nobody_decides_on_their_own(
    client: Client, office: Office, gallery: Gallery, search: Search, name: str
) -> None:
    own = another(search, gallery, office, "deputy", **WARRANT)
    client.force_login(office.people["deputy"])
    address = reverse(name, args=[own.pk])
    asked = client.get(address)
    assert asked.status_code == 200
    assert b'name="reason"' not in asked.content
    refused = client.post(address, REASON)
    assert (refused.status_code, b"own_search" in refused.content) == (422, True)
    own.refresh_from_db()
    assert (own.stage, Authorization.objects.count()) == (Stage.AWAITING_AUTHORIZATION, 0)
    assert "somebody else decides" in client.get(reverse("authorizations")).content.decode()
    assert b"Decide on this search" not in client.get(reverse("search", args=[own.pk])).content


@pytest.mark.parametrize("person", ["analyst", "first", "auditor"])
@pytest.mark.parametrize("name", ["authorization", "authorization_refuse"])
def test_without_the_right_nothing_is_decided(
    client: Client, office: Office, search: Search, person: str, name: str
) -> None:
    client.force_login(office.people[person])
    assert client.post(reverse(name, args=[search.pk]), REASON).status_code == 403
    search.refresh_from_db()
    assert (search.stage, Authorization.objects.count()) == (Stage.AWAITING_AUTHORIZATION, 0)
    assert client.get(reverse("authorizations")).status_code == 403


def test_another_agencys_search_does_not_exist(
    client: Client, birch: Agency, search: Search
) -> None:
    client.force_login(join(birch, "sue@birch.example", "Sue", Role.SUPERVISOR))
    assert client.post(reverse("authorization", args=[search.pk]), REASON).status_code == 404
    assert Authorization.objects.count() == 0
