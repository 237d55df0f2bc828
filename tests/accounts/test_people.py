"""Roles, and the end of access: by administrators, at once, and never for the last of them."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.models import Agency, Invitation, Membership, Role, User
from accounts.services.people import change_roles, deactivate_member, reactivate_member
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.conftest import join
from tests.factories import make_license

pytestmark = pytest.mark.django_db


def member_of(agency: Agency, user: User) -> Membership:
    with scope(agency.pk):
        return Membership.objects.get(user=user)


def code_of(call: "object", **kwargs: object) -> str:
    with pytest.raises(Fault) as refused:
        call(**kwargs)  # type: ignore[operator]
    return refused.value.code


def last_entry(agency: Agency) -> AuditEntry:
    with scope(agency.pk):
        entry = AuditEntry.objects.order_by("-id").first()
    assert entry is not None
    return entry


# --- Roles ---------------------------------------------------------------------------------------


def test_an_administrator_changes_roles_and_the_next_request_knows(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    analyst = Client()
    analyst.force_login(ana)
    assert analyst.get(reverse("people")).status_code == 403
    client.force_login(ada)
    address = reverse("member", args=[member_of(alder, ana).pk])
    assert client.post(address, {"roles": ["supervisor"]})["Location"] == reverse("people")
    assert analyst.get(reverse("people")).status_code == 200
    assert analyst.get(reverse("case_new")).status_code == 403
    entry = last_entry(alder)
    assert entry.action == Action.MEMBER_ROLES_CHANGED
    assert entry.data == {"before": ["analyst"], "after": ["supervisor"]}


def test_roles_that_stay_the_same_leave_no_entry(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    client.force_login(ada)
    before = last_entry(alder)
    client.post(reverse("member", args=[member_of(alder, ana).pk]), {"roles": ["analyst"]})
    assert last_entry(alder) == before


@pytest.mark.parametrize("roles", [[], ["owner"], ["admin", "root"], ["ADMIN"]])
def test_unknown_roles_change_nothing(
    client: Client, alder: Agency, ada: User, ana: User, roles: list[str]
) -> None:
    client.force_login(ada)
    membership = member_of(alder, ana)
    response = client.post(reverse("member", args=[membership.pk]), {"roles": roles})
    assert response.status_code == 422
    actor = command_actor("test", alder.pk)
    with scope(alder.pk):
        assert code_of(change_roles, actor=actor, membership=membership, roles=roles) == (
            "roles_unknown"
        )
    assert member_of(alder, ana).roles == ["analyst"]


def test_nobody_changes_or_ends_their_own_roles(client: Client, alder: Agency, ada: User) -> None:
    join(alder, "second@alder.example", "Second", Role.ADMIN)
    client.force_login(ada)
    membership = member_of(alder, ada)
    for name, values in (
        ("member", {"roles": ["admin", "analyst"]}),
        ("member_deactivate", {}),
        ("member_reactivate", {}),
    ):
        response = client.post(reverse(name, args=[membership.pk]), values)
        assert response.status_code == 422, name
        assert "own_membership" in response.content.decode(), name
    assert member_of(alder, ada).roles == ["admin"]
    assert member_of(alder, ada).deactivated_at is None


def test_the_form_is_not_offered_for_oneself(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    page = client.get(reverse("member", args=[member_of(alder, ada).pk])).content.decode()
    assert "Save the roles" not in page


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXAMINER, Role.SUPERVISOR, Role.AUDITOR])
def test_nobody_else_manages_people(
    client: Client, alder: Agency, ana: User, role: Role, as_actor: "object"
) -> None:
    somebody = join(alder, "somebody@alder.example", "Somebody", role)
    membership = member_of(alder, ana)
    client.force_login(somebody)
    for name in ("member", "member_deactivate", "member_reactivate"):
        response = client.post(reverse(name, args=[membership.pk]), {"roles": ["admin"]})
        assert response.status_code == 403, name
    actor: Actor = as_actor(somebody, alder)  # type: ignore[operator]
    with scope(alder.pk), pytest.raises(PermissionDenied):
        deactivate_member(actor=actor, membership=membership)
    assert member_of(alder, ana).roles == ["analyst"]


def test_another_agencys_member_does_not_exist(
    client: Client, alder: Agency, ana: User, bob: User
) -> None:
    client.force_login(bob)
    membership = member_of(alder, ana)
    for name in ("member", "member_deactivate", "member_reactivate"):
        address = reverse(name, args=[membership.pk])
        assert client.get(address).status_code == 404, name
        assert client.post(address, {"roles": ["admin"]}).status_code == 404, name
    assert member_of(alder, ana).roles == ["analyst"]
    assert member_of(alder, ana).deactivated_at is None


# --- The last administrator ----------------------------------------------------------------------


def test_the_last_administrator_stays(alder: Agency, ada: User, ana: User) -> None:
    actor, membership = command_actor("test", alder.pk), member_of(alder, ada)
    with scope(alder.pk):
        for call, more in ((change_roles, {"roles": ["analyst"]}), (deactivate_member, {})):
            code = code_of(call, actor=actor, membership=membership, **more)
            assert code == "last_admin"
    assert member_of(alder, ada).roles == ["admin"]


def test_the_last_administrators_role_is_handed_over(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    client.force_login(ada)
    client.post(reverse("member", args=[member_of(alder, ana).pk]), {"roles": ["admin"]})
    client.force_login(ana)
    client.post(reverse("member", args=[member_of(alder, ada).pk]), {"roles": ["analyst"]})
    assert member_of(alder, ana).roles == ["admin"]
    assert member_of(alder, ada).roles == ["analyst"]


def test_a_deactivated_administrator_does_not_count(alder: Agency, ada: User) -> None:
    second = join(alder, "second@alder.example", "Second", Role.ADMIN)
    actor = command_actor("test", alder.pk)
    with scope(alder.pk):
        deactivate_member(actor=actor, membership=member_of(alder, second))
        code = code_of(deactivate_member, actor=actor, membership=member_of(alder, ada))
    assert code == "last_admin"


# --- The end of access ---------------------------------------------------------------------------


def end(client: Client, agency: Agency, user: User) -> None:
    response = client.post(reverse("member_deactivate", args=[member_of(agency, user).pk]))
    assert response["Location"] == reverse("people")


def test_deactivation_ends_the_sessions_of_who_has_no_other_agency(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(ana)
    client.force_login(ada)
    end(client, alder, ana)
    assert last_entry(alder).action == Action.MEMBER_DEACTIVATED
    keys = [browser.session.session_key for browser in browsers]
    for browser in browsers:
        response = browser.get(reverse("home"))
        assert response["Location"].startswith(reverse("account_login"))
    assert not Session.objects.filter(session_key__in=keys).exists()
    assert client.get(reverse("home")).status_code == 200


def test_deactivation_leaves_the_other_agency_and_the_session(
    client: Client, alder: Agency, birch: Agency, ada: User, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    browser = Client()
    browser.force_login(ana)
    assert browser.get(reverse("home")).context["agency"] == alder
    client.force_login(ada)
    end(client, alder, ana)
    page = browser.get(reverse("home"))
    assert page.context["agency"] == birch
    assert page.context["agencies"] == [birch]
    browser.post(reverse("switch_agency"), {"agency": alder.pk})
    assert browser.get(reverse("home")).context["agency"] == birch


def test_a_deactivated_person_may_log_in_and_sees_no_agency(
    client: Client, alder: Agency, ana: User, ada: User
) -> None:
    with scope(alder.pk):
        Membership.objects.filter(user=ana).update(deactivated_at=timezone.now())
    client.force_login(ana)
    assert client.get(reverse("cases")).status_code == 403


def test_a_person_comes_back_with_their_roles(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    client.force_login(ada)
    end(client, alder, ana)
    pk = member_of(alder, ana).pk
    assert b"gets access" in client.get(reverse("member_reactivate", args=[pk])).content
    client.post(reverse("member_reactivate", args=[pk]))
    assert last_entry(alder).action == Action.MEMBER_REACTIVATED
    ana.refresh_from_db()
    client.force_login(ana)
    assert client.get(reverse("case_new")).status_code == 200


def test_coming_back_needs_a_seat(alder: Agency, ada: User, ana: User, eli: User) -> None:
    actor = command_actor("test", alder.pk)
    make_license(alder, seats=2)
    with scope(alder.pk):
        deactivate_member(actor=actor, membership=member_of(alder, ana))
        ended = member_of(alder, ana)
        assert code_of(reactivate_member, actor=actor, membership=ended) == "seats_used_up"
        deactivate_member(actor=actor, membership=member_of(alder, eli))
        reactivate_member(actor=actor, membership=ended)


def test_asking_comes_before_deactivation(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    client.force_login(ada)
    page = client.get(reverse("member_deactivate", args=[member_of(alder, ana).pk]))
    assert b"Deactivate Ana?" in page.content
    assert member_of(alder, ana).deactivated_at is None


# --- The page ------------------------------------------------------------------------------------


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(reverse("people") + query).context["page"]
    return [membership.user.name for membership in page]


def test_people_are_found_by_name_address_role_and_state(
    client: Client, alder: Agency, ada: User, ana: User, eli: User, bob: User
) -> None:
    client.force_login(ada)
    end(client, alder, eli)
    assert names(client) == ["Ada", "Ana", "Eli"]
    assert names(client, "?q=an") == ["Ana"]
    assert names(client, "?q=ELI@alder") == ["Eli"]
    assert names(client, "?role=admin") == ["Ada"]
    assert names(client, "?role=owner") == ["Ada", "Ana", "Eli"]
    assert names(client, "?state=active") == ["Ada", "Ana"]
    assert names(client, "?state=deactivated&role=examiner") == ["Eli"]
    nobody = client.get(reverse("people") + "?q=bob")
    assert nobody.context["page"].paginator.count == 0
    assert b"Nobody is like that." in nobody.content


def test_the_page_costs_the_same_for_many_and_turns(
    client: Client, alder: Agency, ada: User
) -> None:
    client.force_login(ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("people")).status_code == 200
        return len(captured)

    def grow(count: int) -> None:
        with scope(alder.pk):
            for _ in range(count):
                number = User.objects.count()
                join(alder, f"p{number}@alder.example", f"P{number:03}", Role.ANALYST)
                Invitation.objects.create(
                    email=f"i{number}@alder.example",
                    roles=["analyst"],
                    token_hash=f"{number:064}",
                    sent_at=timezone.now(),
                    expires_at=timezone.now(),
                )

    grow(10)
    few = queries()
    grow(20)
    assert queries() == few <= 25
    found = client.get(reverse("people"))
    assert len(found.context["invitations"]) == 5
    assert "All 30 open invitations" in found.text
    page = client.get(reverse("people") + "?page=2&q=p").context["page"]
    assert page.number == 2


def test_after_a_change_the_list_is_where_it_was(
    client: Client, alder: Agency, ada: User, ana: User, eli: User
) -> None:
    client.force_login(ada)
    left = "page=2&q=a%26b&role=analyst"
    page = client.get(reverse("people") + "?" + "q=Ana&role=analyst")
    assert 'name="back" value="q=Ana&amp;role=analyst"' in page.text
    address = reverse("member", args=[member_of(alder, ana).pk])
    answer = client.post(address, {"roles": ["examiner"], "back": left})
    assert answer["Location"] == "/people/?q=a%26b&role=analyst&page=2"
    address = reverse("member_deactivate", args=[member_of(alder, eli).pk])
    asked = client.get(address + "?back=q%3Da%2526b")
    assert 'name="back" value="q=a%26b"' in asked.text
    assert client.post(address, {"back": "q=a%26b"})["Location"] == "/people/?q=a%26b"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "next=//evil.example", "?q=", "\r\nX: y"]
)
def test_the_way_back_to_the_list_leads_nowhere_else(
    client: Client, alder: Agency, ada: User, ana: User, back: str
) -> None:
    client.force_login(ada)
    address = reverse("member", args=[member_of(alder, ana).pk])
    answer = client.post(address, {"roles": ["examiner"], "back": back})
    assert answer["Location"] == "/people/"


def test_roles_are_changed_in_the_list_itself(
    client: Client, alder: Agency, ada: User, ana: User, eli: User
) -> None:
    """One form a person with the boxes as they are; none for oneself."""
    client.force_login(ada)
    page = client.get(reverse("people")).text
    for user in (ana, eli):
        assert page.count(f'action="{reverse("member", args=[member_of(alder, user).pk])}"') == 1
    assert page.count("role-chips") == 2
    assert re.findall(r'value="(\w+)"\s+checked', page) == ["analyst", "examiner"]
    assert f"?person={ana.pk}" in page
    new = client.get(reverse("certificate_new"), {"person": ana.pk}).text
    assert re.findall(r'<option value="(\d+)" selected', new) == [str(ana.pk)]


def test_an_odd_character_in_a_search_finds_nobody(
    client: Client, alder: Agency, ada: User
) -> None:
    client.force_login(ada)
    for name in ("people", "invitations"):
        assert client.get(reverse(name), {"q": "\0", "role": "\0", "page": "\0"}).status_code == 200
    assert client.get(reverse("certificate_new"), {"person": "\0'"}).status_code == 200


def open_invitations(alder: Agency, count: int) -> None:
    with scope(alder.pk):
        for number in range(count):
            Invitation.objects.create(
                email=f"new{number:03}@alder.example",
                roles=["analyst"],
                token_hash=f"{number:064}",
                sent_at=timezone.now(),
                expires_at=timezone.now(),
            )


def test_all_open_invitations_are_paged_and_found(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    assert "No invitation is open." in client.get(reverse("invitations")).text
    open_invitations(alder, 110)
    address = reverse("invitations")
    page = client.get(address, {"page": 5}).context["page"]
    assert (page.paginator.count, page.start_index(), page.end_index()) == (110, 101, 110)
    found = client.get(address, {"q": "new007"})
    assert [row.email for row in found.context["page"]] == ["new007@alder.example"]
    assert "No open invitation has such an address." in client.get(address, {"q": "nobody"}).text
    with scope(alder.pk):
        waiting = Invitation.objects.get(email="new007@alder.example")
    revoke = reverse("invitation_revoke", args=[waiting.pk])
    assert client.post(revoke, {"list": "invitations"})["Location"] == address
    assert client.get(address).context["page"].paginator.count == 109


def test_the_page_of_invitations_costs_the_same_for_many(
    client: Client, alder: Agency, ada: User
) -> None:
    client.force_login(ada)
    counts = []
    for rows in (3, 30):
        with scope(alder.pk):
            Invitation.objects.all().delete()
        open_invitations(alder, rows)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("invitations"), {"q": "new"}).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 25


def test_names_are_not_read_as_html(client: Client, alder: Agency, ada: User) -> None:
    join(alder, "x@alder.example", "<script>alert(1)</script>", Role.ANALYST)
    client.force_login(ada)
    assert b"<script>alert" not in client.get(reverse("people")).content


def test_auditors_see_people_and_no_buttons(client: Client, alder: Agency, ada: User) -> None:
    auditor = join(alder, "aud@alder.example", "Aud", Role.AUDITOR)
    client.force_login(auditor)
    page = client.get(reverse("people")).content.decode()
    assert "ada@alder.example" in page
    assert reverse("invite") not in page
    assert mail.outbox == []


def test_seats_are_shown_when_there_is_a_limit(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    assert b"seats" not in client.get(reverse("people")).content
    make_license(alder, seats=5)
    assert b"1 of 5 seats" in client.get(reverse("people")).content
