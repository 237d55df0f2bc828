"""API tokens: never wider than their owner, shown once, found by their hash alone."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, ApiToken, Membership, Role, User
from accounts.permissions import Permission
from accounts.secrets import PATTERN, digest_of, is_token, new_token
from accounts.services.tokens import create_token
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope, token_scope
from tests.conftest import join
from tests.factories import make_certificate, make_token

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def call(text: str, scheme: str = "Bearer") -> "tuple[int, dict[str, object]]":
    response = Client().get(ME, headers={"Authorization": f"{scheme} {text}"})
    kind = "application/json" if response.status_code == 200 else "application/problem+json"
    assert response["Content-Type"] == kind
    return response.status_code, response.json()


def change(token: ApiToken, **values: object) -> None:
    with scope(token.agency_id):
        ApiToken.objects.filter(pk=token.pk).update(**values)


def actor_in(agency: Agency, user: User) -> Actor:
    with scope(agency.pk):
        member = Membership.objects.get(user=user)
        return actor_of(user, Agency.objects.get(pk=agency.pk), member, "127.0.0.1")


# --- The text -----------------------------------------------------------------------------------


def test_a_token_can_be_recognised_and_a_typing_error_too() -> None:
    texts = {new_token() for _ in range(200)}
    assert len(texts) == 200
    for text in texts:
        assert PATTERN.fullmatch(text)
        assert is_token(text)
        middle = 20
        other = "a" if text[middle] != "a" else "b"
        assert not is_token(text[:middle] + other + text[middle + 1 :])
    assert not is_token("")
    assert not is_token("candor_" + "0" * 48)


def test_only_the_hash_is_stored(alder: Agency, ana: User) -> None:
    token, text = make_token(alder, ana)
    with scope(alder.pk), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM accounts_apitoken t")
        (row,) = cursor.fetchone()
        entries = list(AuditEntry.objects.values_list("data", flat=True))
    assert digest_of(text) in row
    for place in (row, str(entries)):
        assert text not in place
        assert text[12:] not in place
    assert token.hint == text[:11]


# --- What it may do -----------------------------------------------------------------------------


def test_the_api_says_who_one_is(alder: Agency, ana: User) -> None:
    token, text = make_token(alder, ana, Permission.VIEW_CASES)
    status, answer = call(text)
    assert status == 200
    expires = token.expires_at.isoformat().replace("+00:00", "Z")
    assert answer == {
        "agency": {"slug": "alder", "name": "Alder Police"},
        "person": {"email": "ana@alder.example", "name": "Ana"},
        "token": {"name": "Script", "expires_at": expires},
        "permissions": ["cases.view"],
    }


def test_a_token_gets_nothing_that_its_maker_lacks(alder: Agency, ana: User) -> None:
    actor = actor_in(alder, ana)
    cases = [
        ({Permission.ENROL}, 10, "token_permission_not_held"),
        (set(), 10, "token_without_permission"),
        ({Permission.SEARCH}, 0, "token_days_out_of_range"),
        ({Permission.SEARCH}, 366, "token_days_out_of_range"),
    ]
    with scope(alder.pk):
        before = AuditEntry.objects.count()
        for permissions, days, code in cases:
            with pytest.raises(Fault) as refused:
                create_token(actor=actor, name="x", permissions=permissions, days=days)
            assert refused.value.code == code
        assert ApiToken.objects.count() == 0
        assert AuditEntry.objects.count() == before


def test_a_reduced_role_reduces_the_token_at_once(alder: Agency, ana: User) -> None:
    _, text = make_token(alder, ana)
    assert "searches.submit" in str(call(text)[1]["permissions"])
    with scope(alder.pk):
        Membership.objects.filter(user=ana).update(roles=[Role.AUDITOR.value])
    left = ["candidates.view", "cases.view", "galleries.view"]
    assert call(text)[1]["permissions"] == left
    with scope(alder.pk):
        # A wider role does not widen what the token was made for.
        Membership.objects.filter(user=ana).update(roles=[Role.ADMIN.value, Role.ANALYST.value])
    assert "galleries.enrol" not in str(call(text)[1]["permissions"])


def test_an_expired_certificate_takes_the_right_from_tokens_too(alder: Agency, ana: User) -> None:
    _, text = make_token(alder, ana)
    make_certificate(alder, ana, days_left=-1)
    permissions = str(call(text)[1]["permissions"])
    assert "searches.submit" not in permissions
    assert "cases.view" in permissions


# --- Refusals -----------------------------------------------------------------------------------


def test_tokens_that_may_not_be_used_are_refused_with_a_code(alder: Agency, ana: User) -> None:
    now = timezone.now()
    token, text = make_token(alder, ana)
    wrong = {
        new_token(): "token_invalid",
        "candor_nonsense": "token_invalid",
        "x" * 5000: "token_invalid",
    }
    for attempt, code in wrong.items():
        status, answer = call(attempt)
        assert (status, answer["code"]) == (401, code)
    change(token, created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1))
    assert call(text)[1]["code"] == "token_expired"
    change(token, expires_at=now + timedelta(days=1), revoked_at=now)
    status, answer = call(text)
    assert (status, answer["code"]) == (401, "token_revoked")


def test_access_that_ended_ends_the_token(alder: Agency, ana: User) -> None:
    _, text = make_token(alder, ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert call(text)[1]["code"] == "token_access_ended"
    User.objects.filter(pk=ana.pk).update(is_active=True)
    with scope(alder.pk):
        Membership.objects.filter(user=ana).update(deactivated_at=timezone.now())
    status, answer = call(text)
    assert (status, answer["code"]) == (401, "token_access_ended")
    with scope(alder.pk):
        Membership.objects.filter(user=ana).update(deactivated_at=None)
    assert call(text)[0] == 200


def test_a_suspended_agency_ends_its_tokens(alder: Agency, ana: User) -> None:
    _, text = make_token(alder, ana)
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(
            state="suspended", suspended_from=alder.state, state_reason="a test of it"
        )
    status, answer = call(text)
    assert (status, answer["code"]) == (401, "token_access_ended")


def test_no_token_another_scheme_and_a_token_in_the_address(alder: Agency, ana: User) -> None:
    _, text = make_token(alder, ana)
    for response in (
        Client().get(ME),
        Client().get(ME, {"token": text, "access_token": text}),
        Client().get(ME, headers={"Authorization": f"Basic {text}"}),
    ):
        assert response.status_code == 401
        assert response.json()["code"] == "token_missing"
        assert response["WWW-Authenticate"] == 'Bearer realm="candor"'


def test_a_browsers_session_counts_for_nothing_at_the_api(
    client: Client, alder: Agency, birch: Agency, ana: User, nil: User
) -> None:
    for user in (ana, nil):
        client.force_login(user)
        assert client.get(ME).status_code == 401
    bob = join(birch, "b@birch.example", "B", Role.ANALYST)
    _, text = make_token(birch, bob, Permission.VIEW_CASES)
    client.force_login(ana)
    answer = client.get(ME, headers={"Authorization": f"Bearer {text}"}).json()
    assert answer["agency"]["slug"] == "birch"


def test_guessing_finds_nothing_and_asks_little(
    alder: Agency, ana: User, django_assert_num_queries: object
) -> None:
    make_token(alder, ana)
    answers = [call(new_token()) for _ in range(20)]
    for _, answer in answers:
        answer.pop("instance")  # the name of the request
    assert answers == answers[:1] * 20
    # Without the checksum a guess does not even reach the table.
    with django_assert_num_queries(0):  # type: ignore[operator]
        call("candor_" + "A" * 49)


def test_a_row_is_shown_to_who_knows_its_hash_and_never_a_list(
    alder: Agency, birch: Agency, ana: User, bob: User
) -> None:
    mine, text = make_token(alder, ana)
    make_token(birch, bob)

    def seen() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM accounts_apitoken")
            return [row[0] for row in cursor.fetchall()]

    assert seen() == []
    with token_scope(digest_of(text)):
        assert seen() == [mine.pk]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_apitoken SET revoked_at = NULL")
            assert cursor.rowcount == 0
    with token_scope(digest_of(new_token())):
        assert seen() == []
    with token_scope(""):
        assert seen() == []


# --- Use, revocation, pages ---------------------------------------------------------------------


def test_the_last_use_is_kept_once_a_minute(alder: Agency, ana: User) -> None:
    token, text = make_token(alder, ana)
    call(text)
    with scope(alder.pk):
        token.refresh_from_db()
        first = token.last_used_at
        assert first is not None
        call(text)
        token.refresh_from_db()
        assert token.last_used_at == first
        old = timezone.now() - timedelta(minutes=2)
        change(token, last_used_at=old)
        call(text)
        token.refresh_from_db()
        assert token.last_used_at is not None
        assert token.last_used_at > old


def test_the_page_shows_a_token_once(client: Client, alder: Agency, ana: User) -> None:
    client.force_login(ana)
    values = {"name": "Report", "permissions": ["cases.view"], "days": 5}
    page = client.post(reverse("token_new"), values)
    found = re.search(r"candor_[0-9A-Za-z]{49}", page.content.decode())
    assert found is not None
    assert page["Cache-Control"] == "private, no-store"
    assert call(found[0])[0] == 200
    again = client.get(reverse("tokens")).content.decode()
    assert "Report" in again
    assert found[0] not in again


def test_the_form_refuses_what_one_may_not(client: Client, alder: Agency, ana: User) -> None:
    client.force_login(ana)
    for values in (
        {"name": "x", "permissions": ["galleries.enrol"], "days": 5},
        {"name": "x", "permissions": [], "days": 5},
        {"name": "x", "permissions": ["cases.view"], "days": 366},
        {"name": "", "permissions": ["cases.view"], "days": 5},
    ):
        assert client.post(reverse("token_new"), values).status_code == 422
    with scope(alder.pk):
        assert ApiToken.objects.count() == 0


def test_owner_and_admin_revoke_and_nobody_else(
    client: Client, alder: Agency, ana: User, ada: User, eli: User, bob: User
) -> None:
    for who, status in ((eli, 403), (bob, 404), (ana, 302), (ada, 302)):
        token, text = make_token(alder, ana)
        client.force_login(who)
        assert client.post(reverse("token_revoke", args=[token.pk])).status_code == status
        assert call(text)[0] == (401 if status == 302 else 200)
    with scope(alder.pk):
        entries = AuditEntry.objects.filter(action=Action.TOKEN_REVOKED)
        assert {e.actor_id for e in entries} == {ana.pk, ada.pk}
        assert {e.data["owner"] for e in entries} == {ana.pk}


def test_people_see_their_own_tokens_and_admins_all(
    client: Client, alder: Agency, ana: User, ada: User
) -> None:
    make_token(alder, ana)
    client.force_login(ada)
    assert list(client.get(reverse("tokens")).context["page"]) == []
    assert len(client.get(reverse("agency_tokens")).context["page"]) == 1
    client.force_login(ana)
    assert len(client.get(reverse("tokens")).context["page"]) == 1


def test_commands_have_no_tokens(alder: Agency, ana: User) -> None:
    from django.core.exceptions import PermissionDenied

    actor = replace(actor_in(alder, ana), user_id=None)
    with scope(alder.pk), pytest.raises(PermissionDenied):
        create_token(actor=actor, name="x", permissions={Permission.SEARCH}, days=1)


def test_the_source_of_an_act_names_the_token(alder: Agency, ana: User) -> None:
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from accounts.rest.views import AgencyApiView

    token, text = make_token(alder, ana)
    seen: list[Actor] = []

    class View(AgencyApiView):
        def get(self, request: Request) -> object:
            from rest_framework.response import Response

            seen.append(request._request.actor)  # type: ignore[attr-defined]
            return Response({})

    View.as_view()(APIRequestFactory().get("/", headers={"Authorization": f"Bearer {text}"}))
    assert seen[0].source == f"127.0.0.1 (token {token.pk})"
    assert seen[0].label == "ana@alder.example"
