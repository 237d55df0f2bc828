"""Search in galleries of other agencies by programs of both sides."""

from typing import Any

import pytest

from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from portal.tenancy import scope
from searches.models import GalleryGrant, Probe, SharedFace
from searches.services.grant_answers import look_up_grant
from searches.services.origins import code_of
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts, statements
from tests.factories import make_case, make_probe, person_jpeg
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

SAID: dict[str, Any] = {
    "agency": "alder",
    "purposes": ["missing_person", "unidentified_person"],
    "starts_on": today().isoformat(),
    "ends_on": today().isoformat(),
    "searches": 5,
    "agreement": AGREEMENT,
    "reason": REASON,
}


@pytest.fixture
def owner(birch: Agency) -> Owner:
    return make_owner(birch, subjects=2)


@pytest.fixture
def giver(owner: Owner) -> Caller:
    return Caller(owner.agency, owner.admin)


@pytest.fixture
def taker(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN, name="ada")


@pytest.fixture
def probe(alder: Agency) -> Probe:
    with scope(alder.pk):
        return make_probe(make_case(alder), person_jpeg(1))


def test_a_gallery_is_offered_once_accepted_and_revoked(
    owner: Owner, giver: Caller, taker: Caller
) -> None:
    once = {"Idempotency-Key": "alder-2026"}
    made = [
        giver.post("api_gallery_grants", owner.gallery.pk, data=SAID, headers=once)
        for _ in range(2)
    ]
    told = made[0].json()
    assert [one.status_code for one in made] == [201, 201]
    assert made[1].json() == told
    # Nobody can tell from the answer whether there is such an agency.
    nobody = giver.post("api_gallery_grants", owner.gallery.pk, data=SAID | {"agency": "nowhere"})
    ids = {"id", "named", "offered_at"}
    assert {k: v for k, v in nobody.json().items() if k not in ids} == {
        k: v for k, v in told.items() if k not in ids
    }
    assert (told["state"], told["named"], told["agency"]) == ("offered", "alder", "")
    assert "reason" not in told
    with scope(owner.agency.pk):
        assert GalleryGrant.objects.count() == 2
        assert look_up_grant(told["id"])
    assert giver.get("api_grant", told["id"]).json()["agency"] == ""

    (offer,) = taker.get("api_borrowed").json()["results"]
    assert offer == {
        **{k: told[k] for k in ("id", "state", "is_open", "purposes", "starts_on", "ends_on")},
        **{k: told[k] for k in ("searches", "searches_used", "agreement")},
        "agency": "Birch Police",
        "gallery": "Missing people",
        "source_kind": "Missing-person reports",
    }
    accepted = taker.post("api_borrowed_accept", offer["id"])
    assert accepted.json() == {**offer, "state": "stands"}
    assert code(taker.post("api_borrowed_accept", offer["id"])) == (422, "grant_answered")

    one = giver.get("api_grant", told["id"]).json()
    assert (one["agency"], one["reason"]) == ("Alder Police", REASON)
    assert acts(owner.agency.pk, "grant.viewed") == 2
    short = giver.post("api_grant_revoke", told["id"], data={"reason": "short"})
    assert code(short) == (422, "reason_too_short")
    ended = giver.post("api_grant_revoke", told["id"], data={"reason": "The agreement was ended"})
    assert (ended.json()["state"], ended.json()["is_open"]) == ("revoked", False)
    assert taker.get("api_borrowed_one", offer["id"]).json()["state"] == "revoked"
    still = giver.get("api_grants", query={"open": "true"}).json()["results"]
    assert [row["named"] for row in still] == ["nowhere"]


def test_what_cannot_be_granted(owner: Owner, giver: Caller) -> None:
    for changed, expected in (
        ({"agency": "birch"}, "grant_to_own_agency"),
        ({"ends_on": "2020-01-01"}, "grant_period_out_of_range"),
        ({"starts_on": "9999-12-31", "ends_on": "9999-12-31"}, None),
        ({"purposes": []}, "input_invalid"),
        ({"purposes": ["sport"]}, "input_invalid"),
        ({"searches": 0}, "input_invalid"),
        ({"reason": "x"}, "reason_too_short"),
    ):
        answer = giver.post("api_gallery_grants", owner.gallery.pk, data=SAID | changed)
        if expected is None:  # no date is too late for arithmetic with it
            assert answer.status_code == 201
        else:
            assert code(answer) == (422, expected), changed
    with scope(owner.agency.pk):
        assert GalleryGrant.objects.count() == 1


def test_declining_and_giving_up(owner: Owner, alder: Agency, taker: Caller) -> None:
    for grant in (make_offer(owner, alder), make_grant(owner, alder)):
        answer = taker.post("api_borrowed_decline", grant.pk)
        assert answer.json()["state"] == "declined"
        assert code(taker.post("api_borrowed_decline", grant.pk)) == (422, "grant_answered")
        assert again(grant).declined_at is not None


def test_uses_and_the_origin_of_a_candidate(
    owner: Owner, giver: Caller, alder: Agency, probe: Probe
) -> None:
    grant = make_grant(owner, alder)
    with scope(alder.pk):
        search = search_shared(command_actor("test", alder.pk), probe, [grant])
        origin = code_of(SharedFace.objects.earliest("pk"))
    (use,) = giver.get("api_grant_uses", grant.pk, query={"state": "done"}).json()["results"]
    assert (use["search"], use["candidates"]) == (str(search.pk), 2)
    assert set(use) == {
        *("id", "search", "purpose", "basis", "searched_by", "state"),
        *("taken_at", "ended_at", "candidates"),
    }
    assert acts(owner.agency.pk, "grant.viewed") == 1
    found = giver.post("api_origin", data={"code": origin}).json()
    assert found["gallery"] == str(owner.gallery.pk)
    assert giver.get("api_subject", found["subject"]).json()["reference"].startswith("SECRET-")
    assert acts(owner.agency.pk, "origin.resolved") == 1
    stranger = caller(alder, Role.ADMIN, name="al")
    for who, text in ((giver, "x"), (stranger, origin)):
        assert code(who.post("api_origin", data={"code": text})) == (422, "origin_unknown")


def test_each_side_has_its_own_and_only_who_manages_galleries(
    owner: Owner, giver: Caller, alder: Agency, taker: Caller
) -> None:
    grant = make_offer(owner, alder)
    looking = Caller(owner.agency, owner.admin, Permission.VIEW_GALLERIES)
    reason = {"reason": "For a good reason"}
    calls: list[tuple[Caller, Caller, str, str, Any]] = [
        (giver, taker, "get", "api_grant", None),
        (giver, taker, "get", "api_grant_uses", None),
        (giver, taker, "post", "api_grant_revoke", reason),
        (taker, giver, "get", "api_borrowed_one", None),
        (taker, giver, "post", "api_borrowed_accept", None),
        (taker, giver, "post", "api_borrowed_decline", None),
    ]
    for _, wrong, method, name, data in calls:
        assert code(wrong.call(method, name, grant.pk, data=data)) == (404, "not_found")
        assert code(looking.call(method, name, grant.pk, data=data)) == (403, "permission_denied")
    assert code(taker.get("api_gallery_grants", owner.gallery.pk))[0] == 404
    assert code(taker.post("api_gallery_grants", owner.gallery.pk, data=SAID))[0] == 404
    for name in ("api_grants", "api_borrowed"):
        assert code(looking.get(name))[0] == 403
    assert taker.get("api_grants").json()["results"] == []
    assert giver.get("api_borrowed").json()["results"] == []
    assert again(grant).is_open
    assert again(grant).accepted_at is None
    assert acts(owner.agency.pk, "grant.viewed", "grant.accepted", "grant.declined") == 0


def test_lists_take_as_many_statements_for_more_rows(
    owner: Owner, giver: Caller, alder: Agency, taker: Caller
) -> None:
    lists = ((giver, "api_gallery_grants", (owner.gallery.pk,)), (taker, "api_borrowed", ()))
    make_grant(owner, alder)
    few = [statements(who, name, *args) for who, name, args in lists]
    for _ in range(4):
        make_grant(owner, alder)
    assert [statements(who, name, *args) for who, name, args in lists] == few
