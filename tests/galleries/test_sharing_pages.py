"""The pages of sharing: the owner's, the borrowing agency's, and the search by a grant."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal.tenancy import scope
from searches.models import GalleryGrant, Probe, Search, SharedFace
from searches.services.grant_answers import look_up_grant
from searches.services.origins import code_of
from searches.services.searching import run_search
from tests.conftest import join
from tests.factories import GROUNDS_FIELDS, make_case, make_probe, person_jpeg
from tests.searches.procedure import Office, conclude, make_office
from tests.searches.sharing_cast import (
    AGREEMENT,
    REASON,
    Owner,
    again,
    make_grant,
    make_offer,
    make_owner,
    search_shared,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def owner(birch: Agency) -> Owner:
    return make_owner(birch, subjects=2)


@pytest.fixture
def ada(alder: Agency) -> User:
    return join(alder, "ada@alder.example", "Ada", Role.ADMIN)


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder)


@pytest.fixture
def probe(office: Office) -> Probe:
    with scope(office.agency.pk):
        return make_probe(make_case(office.agency), person_jpeg(1))


def text(response: Any) -> str:
    return str(response.content.decode())


FIELDS = {
    "agency": "alder",
    "purposes": ["missing_person", "unidentified_person"],
    "starts_on": today().isoformat(),
    "ends_on": today().isoformat(),
    "searches": 5,
    "agreement": AGREEMENT,
    "reason": REASON,
}


def test_a_gallery_is_granted_accepted_and_revoked_by_its_pages(
    client: Client, owner: Owner, alder: Agency, ada: User
) -> None:
    client.force_login(owner.admin)
    address = reverse("gallery_grants", args=[owner.gallery.pk])
    assert address in text(client.get(reverse("gallery", args=[owner.gallery.pk])))
    assert "No other agency may search" in text(client.get(address))
    assert client.post(address, FIELDS).status_code == 302
    with scope(owner.agency.pk):
        grant = GalleryGrant.objects.get()
        look_up_grant(grant.pk)
    page = text(client.get(address))
    assert "Not answered yet" in page
    assert "Alder Police" not in page

    client.force_login(ada)
    page = text(client.get(reverse("borrowed_galleries")))
    assert "Missing people" in page
    assert "Birch Police" in page
    assert REASON not in page
    accept = reverse("grant_accept", args=[grant.pk])
    assert "0 of 5 used" in text(client.get(accept))
    assert client.post(accept).status_code == 302
    assert client.post(accept).status_code == 422
    assert again(grant).accepted_at is not None

    client.force_login(owner.admin)
    page = text(client.get(reverse("gallery_grant", args=[grant.pk])))
    assert "Alder Police" in page
    assert REASON in page
    revoke = reverse("gallery_grant_revoke", args=[grant.pk])
    assert client.post(revoke, {"reason": "short"}).status_code == 422
    assert again(grant).revoked_at is None
    assert client.post(revoke, {"reason": "The agreement was ended"}).status_code == 302
    assert again(grant).revoked_at is not None


def test_what_is_wrong_is_told_at_its_field(client: Client, owner: Owner) -> None:
    client.force_login(owner.admin)
    address = reverse("gallery_grants", args=[owner.gallery.pk])
    for changed, code in (
        ({"agency": "birch"}, "This is your own agency"),
        ({"ends_on": "2020-01-01"}, "A grant ends today or later"),
        ({"purposes": []}, "Choose at least one purpose"),
        ({"reason": "x"}, "reason_too_short"),
        ({"searches": 0}, "greater than or equal to 1"),
    ):
        response = client.post(address, FIELDS | changed)
        assert response.status_code == 422, changed
        assert code in text(response), changed
    with scope(owner.agency.pk):
        assert not GalleryGrant.objects.exists()


def test_declining_and_giving_up(client: Client, owner: Owner, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    for grant, word in (
        (make_offer(owner, alder), "Decline a"),
        (make_grant(owner, alder), "Give"),
    ):
        address = reverse("grant_decline", args=[grant.pk])
        assert word in text(client.get(address))
        assert client.post(address).status_code == 302
        assert client.post(address).status_code == 422
        assert again(grant).declined_at is not None


def test_other_agencies_and_the_wrong_side_find_nothing(
    client: Client, owner: Owner, alder: Agency, ada: User
) -> None:
    grant = make_grant(owner, alder)
    client.force_login(ada)
    for name in ("gallery_grant", "gallery_grant_revoke"):
        assert client.get(reverse(name, args=[grant.pk])).status_code == 404
    assert client.get(reverse("gallery_grants", args=[owner.gallery.pk])).status_code == 404
    client.force_login(owner.admin)
    for name in ("grant_accept", "grant_decline"):
        for ask in (client.get, client.post):
            assert ask(reverse(name, args=[grant.pk])).status_code == 404
    assert "Missing people" not in text(client.get(reverse("borrowed_galleries")))
    assert again(grant).declined_at is None


def test_the_search_page_offers_what_is_granted_now(
    client: Client, owner: Owner, alder: Agency, office: Office, probe: Probe
) -> None:
    client.force_login(office.people["analyst"])
    address = reverse("probe", args=[probe.pk])
    offer = make_offer(owner, alder)
    assert "Missing people" not in text(client.get(address))
    grant = make_grant(owner, alder)
    page = text(client.get(address))
    assert "Missing people" in page
    assert "3 searches left" in page
    assert str(offer.pk) not in page
    fields = GROUNDS_FIELDS | {"face": 0, "purpose": "missing_person", "limit": 2}
    fields |= {"submission_key": str(uuid.uuid4())}
    assert client.post(address, fields).status_code == 422
    wrong = fields | {"grants": [str(offer.pk)]}
    assert client.post(address, wrong).status_code == 422
    response = client.post(
        address, fields | {"grants": [str(grant.pk)], "purpose": "identity_fraud"}
    )
    assert response.status_code == 422
    assert "does not grant its gallery for this purpose" in text(response)
    assert again(grant).searches_used == 0
    assert client.post(address, fields | {"grants": [str(grant.pk)]}).status_code == 302
    with scope(alder.pk):
        search = Search.objects.get()
        assert search.searched_grants.get().grant_id == grant.pk
    page = text(client.get(reverse("search", args=[search.pk])))
    assert "Missing people (Birch Police)" in page


def test_the_procedure_shows_candidates_of_another_agency_by_copies(
    client: Client, owner: Owner, alder: Agency, office: Office, probe: Probe
) -> None:
    grant = make_grant(owner, alder)
    with scope(alder.pk):
        search = search_shared(office.actor("analyst"), probe, [grant], limit=2)
        face = SharedFace.objects.order_by("reference").first()
    assert face is not None
    portrait = reverse("shared_portrait", args=[face.pk])
    client.force_login(office.people["analyst"])
    assert client.get(portrait).status_code == 403  # not concluded
    client.force_login(office.people["first"])
    client.post(reverse("examination_take", args=[search.pk]))
    with scope(alder.pk):
        examination = search.examinations.get()
    for kind in ("portrait", "close_up", "picture"):
        response = client.get(reverse(f"examination_face_{kind}", args=[examination.pk, 1]))
        assert response.status_code == 200
        assert response.content[:2] == b"\xff\xd8"
    page = text(client.get(reverse("examination_face", args=[examination.pk, 1])))
    for secret in ("Birch", "birch-", "Missing people", "SECRET"):
        assert secret not in page
    with scope(alder.pk):
        conclude(office, search, {1})
        lead, other = search.candidates.select_related("shared").order_by("rank")
    client.force_login(office.people["analyst"])
    page = text(client.get(reverse("search", args=[search.pk])))
    assert lead.shared.reference in page
    assert "Missing people (Birch Police)" in page
    assert code_of(lead.shared) in page
    assert code_of(other.shared) not in page
    assert "SECRET" not in page
    assert client.get(portrait).content[:2] == b"\xff\xd8"
    client.force_login(join(owner.agency, "an@birch.example", "An", Role.ANALYST))
    assert client.get(portrait).status_code == 404
    client.force_login(owner.admin)
    page = text(client.get(reverse("gallery_grant", args=[grant.pk])))
    assert str(search.pk) in page
    assert "analyst@alder.example" in page
    assert "2 candidates of this gallery" in page
    assert "2026-001" not in page
    response = client.post(reverse("origin"), {"code": code_of(lead.shared)})
    assert response.status_code == 302
    assert "SECRET-" in text(client.get(response["Location"]))
    assert client.post(reverse("origin"), {"code": "x"}).status_code == 422


def test_lists_cost_the_same_number_of_queries(
    owner: Owner, alder: Agency, ada: User, office: Office, probe: Probe
) -> None:
    clients = {user: Client() for user in (owner.admin, ada, office.people["analyst"])}
    for user, client in clients.items():
        client.force_login(user)

    def count(user: User, name: str, *arguments: object) -> int:
        address = reverse(name, args=arguments)
        assert clients[user].get(address).status_code == 200  # what is cached is cached now
        with CaptureQueriesContext(connection) as queries:
            assert clients[user].get(address).status_code == 200
        return len(queries)

    def all_pages() -> list[int]:
        return [
            count(owner.admin, "gallery_grants", owner.gallery.pk),
            count(owner.admin, "gallery_grant", grant.pk),
            count(ada, "borrowed_galleries"),
            count(office.people["analyst"], "probe", probe.pk),
        ]

    grant = make_grant(owner, alder, searches=50)

    def grow() -> None:
        for _ in range(3):
            make_grant(owner, alder)
            with scope(alder.pk):
                search = search_shared(office.actor("analyst"), probe, [grant], run=False)
                run_search(search.pk)

    grow()
    few = all_pages()
    grow()
    assert all_pages() == few
    assert max(few) <= 32, few  # an owner costs seven, however many grants there are
