"""Pictures by signed addresses: what they say, who gets what, and when they are refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.core import signing
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, ApiToken, Membership, Role
from accounts.permissions import Permission
from accounts.rest.signed import KINDS, SALT
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case, FaceImage, Gallery, Probe, SharedFace
from searches.services.case_people import end_member
from searches.services.erasing import erase_probe
from searches.services.examining import return_examination, start_examination
from tests.api.caller import Caller, caller, code
from tests.factories import (
    make_case,
    make_conclusion,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.sharing_cast import make_grant, make_owner, search_shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


@pytest.fixture
def case(alder: Agency, ana_api: Caller) -> Case:
    """Pat is a member and does not own it."""
    with scope(alder.pk):
        return make_case(alder)


@pytest.fixture
def probe(alder: Agency, case: Case) -> Probe:
    with scope(alder.pk):
        return make_probe(case, person_jpeg(1))


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        return gallery


def address(who: Caller, kind: str, *args: Any) -> str:
    given = who.post(f"api_{kind}_address", *args)
    assert given.status_code == 200, given.content
    return str(given.json()["url"])


def fetch(url: str, **headers: str) -> Any:
    """Without an Authorization header."""
    return Client().get(url, headers=headers)


def looks(agency: Agency, action: Action) -> list[Any]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(agency_id=agency.pk, action=action).order_by("pk")
        return list(found.values("subject_id", "actor_id", "data", "source"))


def acting(who: Caller) -> Actor:
    member = Membership.objects.get(user=who.user)
    return actor_of(who.user, who.agency, member, "127.0.0.1")


def test_a_picture_is_fetched_without_the_token(
    ana_api: Caller, probe: Probe, alder: Agency
) -> None:
    given = ana_api.post("api_probe_address", probe.pk).json()
    until = datetime.fromisoformat(given["expires_at"]) - timezone.now()
    assert timedelta(seconds=110) < until <= timedelta(seconds=120)
    assert looks(alder, Action.PROBE_VIEWED) == []
    found = fetch(given["url"], Accept="image/avif,image/*")
    assert (found.status_code, found["Content-Type"]) == (200, "image/jpeg")
    assert found.content.startswith(b"\xff\xd8")
    assert found["Cache-Control"] == "private, no-store"
    assert found["Content-Security-Policy"].startswith("default-src 'none'; form-action")
    assert found["X-Robots-Tag"] == "noindex"
    (entry,) = looks(alder, Action.PROBE_VIEWED)
    assert entry["subject_id"] == str(probe.pk)
    assert (entry["actor_id"], entry["data"]) == (ana_api.user.pk, {"case": str(probe.case_id)})
    assert f"(token {ana_api.token.pk})" in entry["source"]


def test_an_address_has_no_secret_and_no_key(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    with scope(alder.pk):
        token = ApiToken.objects.get(pk=ana_api.token.pk)
        row = Probe.objects.get(pk=probe.pk)
    secrets = [ana_api.text, token.digest, token.hint, row.file_key, row.display_key, row.sha256]
    secrets += row.portrait_keys
    calls = [("probe", []), ("probe_original", []), ("probe_face", [0])]
    for kind, more in calls:
        url = unquote(address(ana_api, kind, probe.pk, *more))
        said = signing.loads(url.rstrip("/").rpartition("/")[2], salt=SALT)
        for text in (url, repr(said)):
            assert not [one for one in secrets if one in text]
        assert fetch(url).status_code == 200


def test_an_address_lives_for_two_minutes(
    ana_api: Caller, probe: Probe, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = address(ana_api, "probe", probe.pk)
    later = timezone.now().timestamp() + 122
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert code(fetch(url)) == (403, "picture_address_expired")
    assert looks(alder, Action.PROBE_VIEWED) == []


def test_an_address_cannot_be_made_or_changed(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    url = address(ana_api, "probe", probe.pk)
    start, signed = url.rstrip("/").rsplit("/", 1)
    said = signing.loads(signed, salt=SALT)
    payload, stamp, signature = signed.split(":")
    other = signing.dumps(["probe_original", *said[1:]], salt=SALT).split(":")[0]
    wrong = [
        signing.dumps(said, salt="something else"),
        signing.dumps(said, key="another key", salt=SALT),
        f"{other}:{stamp}:{signature}",
        f"{payload}:{stamp}:{signature[:-1]}",
        f"{payload}:1wGf3k:{signature}",
        payload,
        "x",
        "%00",
        ana_api.text,
    ]
    for one in wrong:
        assert code(fetch(f"{start}/{one}/")) == (403, "picture_address_invalid")
    assert code(Client().post(url)) == (405, "method_not_allowed")
    assert looks(alder, Action.PROBE_VIEWED) == []


def _revoke(who: Caller) -> None:
    ApiToken.objects.filter(pk=who.token.pk).update(revoked_at=timezone.now())


def _expire(who: Caller) -> None:
    past = timezone.now() - timedelta(days=1)
    ApiToken.objects.filter(pk=who.token.pk).update(
        created_at=past - timedelta(days=1), expires_at=past
    )


def _deactivate(who: Caller) -> None:
    Membership.objects.filter(user=who.user).update(deactivated_at=timezone.now())


def _lock_out(who: Caller) -> None:
    who.user.is_active = False
    who.user.save()


def _demote(who: Caller) -> None:
    Membership.objects.filter(user=who.user).update(roles=[Role.EXAMINER])


def _narrow(who: Caller) -> None:
    ApiToken.objects.filter(pk=who.token.pk).update(permissions=[Permission.SEARCH])


def _end_member(who: Caller) -> None:
    case = Case.objects.get()
    member = case.members.get(user_id=who.user.pk)
    end_member(actor=command_actor("test", who.agency.pk), member=member)


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (_revoke, "token_revoked"),
        (_expire, "token_expired"),
        (_deactivate, "token_access_ended"),
        (_lock_out, "token_access_ended"),
        (_demote, "permission_denied"),
        (_narrow, "permission_denied"),
        (_end_member, "permission_denied"),
    ],
)
def test_what_ended_since_is_refused(
    ana_api: Caller,
    probe: Probe,
    alder: Agency,
    between: Callable[[Caller], None],
    expected: str,
) -> None:
    url = address(ana_api, "probe", probe.pk)
    with scope(alder.pk):
        between(ana_api)
    assert code(fetch(url)) == (403, expected)
    assert looks(alder, Action.PROBE_VIEWED) == []


def test_a_suspended_agency_shows_nothing(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    url = address(ana_api, "probe", probe.pk)
    suspend_agency(actor=command_actor("test", None), agency=alder, reason="Unpaid since May")
    assert code(fetch(url)) == (403, "token_access_ended")


def test_only_who_may_see_it_gets_an_address(
    ana_api: Caller, probe: Probe, alder: Agency, birch: Agency
) -> None:
    ben, eli = (caller(alder, r, name=r.value) for r in (Role.ANALYST, Role.EXAMINER))
    bob = caller(birch, Role.ANALYST)
    calls = [("probe", []), ("probe_original", []), ("probe_face", [0])]
    for kind, more in calls:
        for who, expected in (
            (ben, (403, "permission_denied")),
            (eli, (403, "permission_denied")),
            (bob, (404, "not_found")),
        ):
            assert code(who.post(f"api_{kind}_address", probe.pk, *more)) == expected
    assert code(ana_api.post("api_probe_face_address", probe.pk, 1)) == (404, "not_found")
    assert code(Client().post(f"/api/v1/probes/{probe.pk}/picture/")) == (401, "token_missing")
    assert looks(alder, Action.PROBE_VIEWED) == []


def test_another_agencys_token_opens_nothing_here(
    ana_api: Caller, probe: Probe, alder: Agency, birch: Agency
) -> None:
    """Not even by an address that we had signed by mistake."""
    bob = caller(birch, Role.ANALYST)
    url = address(ana_api, "probe", probe.pk).rstrip("/").rpartition("/")[0]
    names = ["probe", str(probe.pk)]
    theirs = signing.dumps([*names, birch.pk, bob.token.pk], salt=SALT)
    assert code(fetch(f"{url}/{theirs}/")) == (404, "not_found")
    mixed = signing.dumps([*names, alder.pk, bob.token.pk], salt=SALT)
    assert code(fetch(f"{url}/{mixed}/")) == (403, "token_invalid")


def test_enrolled_faces_are_for_galleries_and_results(
    ana_api: Caller, probe: Probe, gallery: Gallery, alder: Agency, birch: Agency
) -> None:
    with scope(alder.pk):
        image = FaceImage.objects.get()
        search = make_search(probe, [gallery])
    plain = Caller(alder, ana_api.user, Permission.VIEW_CANDIDATES)
    assert fetch(address(ana_api, "face", image.pk)).content == b"portrait"
    (entry,) = looks(alder, Action.SUBJECT_VIEWED)
    assert entry["data"] == {"gallery": str(gallery.pk)}
    # A candidate of a search that is not concluded is nobody's to see without the galleries.
    assert code(plain.post("api_face_address", image.pk)) == (403, "permission_denied")
    bob = caller(birch, Role.ANALYST)
    assert code(bob.post("api_face_address", image.pk)) == (404, "not_found")
    with scope(alder.pk):
        make_conclusion(search)
    assert fetch(address(plain, "face", image.pk)).status_code == 200


def test_the_pictures_of_an_examination_are_its_examiners(
    ana_api: Caller, probe: Probe, gallery: Gallery, alder: Agency
) -> None:
    with scope(alder.pk):
        search = make_search(probe, [gallery])
        eli, other = (caller(alder, Role.EXAMINER, name=n) for n in ("eli", "other"))
        actor = acting(eli)
        examination = start_examination(actor=actor, search=search)
        image = FaceImage.objects.get()
    names = ("probe_face", "probe_close_up", "probe_picture", "probe_original", "face_portrait")
    for name in names:
        more = [1] if name.startswith("face") else []
        kind = f"examination_{name}"
        url = address(eli, kind, examination.pk, *more)
        assert fetch(url).status_code == 200
        said = signing.loads(unquote(url).rstrip("/").rpartition("/")[2], salt=SALT)
        assert str(image.pk) not in repr(said)
        assert str(image.subject_id) not in repr(said)
        for who in (other, ana_api):
            refused = who.post(f"api_{kind}_address", examination.pk, *more)
            assert code(refused) == (403, "permission_denied")
    assert len(looks(alder, Action.PROBE_VIEWED)) == 4
    (entry,) = looks(alder, Action.FACE_VIEWED)
    assert entry["data"]["position"] == 1
    assert code(eli.post("api_examination_face_portrait_address", examination.pk, 99)) == (
        404,
        "not_found",
    )
    with scope(alder.pk):
        return_examination(actor=actor, examination=examination)
    assert code(fetch(url)) == (410, "examination_closed")


def test_every_kind_has_an_address() -> None:
    named = set(filter(lambda name: isinstance(name, str), get_resolver().reverse_dict))
    assert {f"api_{kind}_address" for kind in KINDS} <= named


def test_a_face_of_another_agency_is_shown_with_the_result(
    ana_api: Caller, probe: Probe, alder: Agency, birch: Agency
) -> None:
    grant = make_grant(make_owner(birch, 2), alder)
    with scope(alder.pk):
        search = search_shared(command_actor("test", alder.pk), probe, [grant])
        face = SharedFace.objects.filter(search=search).earliest("pk")
    early = ana_api.post("api_shared_face_address", face.pk)
    assert code(early) == (403, "permission_denied")
    with scope(alder.pk):
        make_conclusion(search)
    url = address(ana_api, "shared_face", face.pk)
    assert fetch(url).status_code == 200
    (entry,) = looks(alder, Action.CANDIDATES_VIEWED)
    assert entry["subject_id"] == str(search.pk)
    bob = caller(birch, Role.ANALYST)
    assert code(bob.post("api_shared_face_address", face.pk)) == (404, "not_found")


def test_a_picture_that_is_gone_is_not_recorded_as_seen(
    ana_api: Caller, probe: Probe, alder: Agency
) -> None:
    urls = [address(ana_api, kind, probe.pk) for kind in ("probe", "probe_original")]
    with scope(alder.pk):
        assert erase_probe(probe.pk)
    for url in urls:
        assert code(fetch(url)) == (404, "not_found")
    assert looks(alder, Action.PROBE_VIEWED) == []
