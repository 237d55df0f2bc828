"""Security policies of an agency: only ever tighter, kept in versions, applied."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.models import Agency, Role, SecurityPolicy, User, UserSession
from accounts.models.policy import BOUNDS
from accounts.policies import (
    LONGER_IS_TIGHTER,
    as_values,
    installation_policy,
    policy_of,
    strictest,
)
from accounts.services.policies import change_policy
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope, user_scope
from tests.accounts.races import at_once, committed_agency
from tests.conftest import join
from tests.factories import make_invitation, make_policy, make_token

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

AsActor = Callable[[User, Agency], Actor]
WHY = "The council asked for it"


def entries(agency: Agency) -> list[dict[str, Any]]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(action=Action.POLICY_CHANGED).order_by("id")
        return [entry.data for entry in found]


def versions(agency: Agency) -> int:
    with scope(agency.pk):
        return SecurityPolicy.objects.count()


def refused(agency: Agency, actor: Actor, *, seen: int = 0, why: str = WHY, **changed: Any) -> str:
    values = as_values(policy_of(agency.pk)) | changed
    with scope(agency.pk), pytest.raises(Fault) as fault:
        change_policy(actor=actor, seen=seen, values=values, why=why)
    return fault.value.code


def posted(agency: Agency, **changed: Any) -> dict[str, Any]:
    """What the form sends; a box that is not ticked sends nothing."""
    policy = policy_of(agency.pk)
    values = {"seen": policy.version, "why": WHY, **as_values(policy), **changed}
    return {name: value for name, value in values.items() if value is not False}


# --- What holds ---------------------------------------------------------------------------------


def test_without_a_version_the_installations_settings_hold(alder: Agency, ana: User) -> None:
    assert policy_of(alder.pk) == strictest(ana) == installation_policy()
    assert installation_policy().idle_minutes == 30


def test_the_latest_version_counts(alder: Agency) -> None:
    make_policy(alder, idle_minutes=10)
    make_policy(alder, session_hours=8)
    policy = policy_of(alder.pk)
    assert (policy.version, policy.idle_minutes, policy.session_hours) == (2, 10, 8)


def test_of_several_agencies_the_tightest_values_count(
    alder: Agency, birch: Agency, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    make_policy(alder, idle_minutes=10, lock_window_minutes=20, passkey_required=True)
    make_policy(birch, idle_minutes=20, session_hours=4, lock_window_minutes=60)
    found = strictest(ana)
    assert (found.idle_minutes, found.session_hours) == (10, 4)
    assert found.lock_window_minutes == 60
    assert found.passkey_required
    assert not found.single_sign_on_required


def test_an_operator_who_tightens_later_tightens_every_agency(alder: Agency, settings: Any) -> None:
    make_policy(alder, idle_minutes=20)
    settings.SESSION_IDLE_MINUTES = 15
    assert policy_of(alder.pk).idle_minutes == 15


def test_the_request_knows_the_policy(client: Client, alder: Agency, ana: User) -> None:
    make_policy(alder, passkey_required=True, banner_en="Ours alone")
    client.force_login(ana)
    policy = client.get(reverse("home")).wsgi_request.policy  # type: ignore[attr-defined]
    assert policy == policy_of(alder.pk)
    assert policy.passkey_required


# --- Changing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_nobody_goes_beyond_the_installation_or_the_bounds(alder: Agency, name: str) -> None:
    actor = command_actor("test", alder.pk)
    low, high = BOUNDS[name]
    for value in (low - 1, high + 1):
        assert refused(alder, actor, **cast(Any, {name: value})) == "policy_out_of_range"
    looser = -1 if name in LONGER_IS_TIGHTER else 1
    floor = getattr(installation_policy(), name) + looser
    if low <= floor <= high:
        assert refused(alder, actor, **cast(Any, {name: floor})) == "policy_too_loose"
    assert versions(alder) == 0


def test_what_a_change_needs(alder: Agency, ana: User, as_actor: AsActor) -> None:
    actor = command_actor("test", alder.pk)
    assert refused(alder, actor, idle_minutes=9, why=" too short ") == "reason_too_short"
    assert refused(alder, actor) == "policy_unchanged"
    assert refused(alder, actor, seen=1, idle_minutes=9) == "policy_changed_meanwhile"
    values = as_values(policy_of(alder.pk)) | {"idle_minutes": 9}
    with scope(alder.pk), pytest.raises(PermissionDenied):
        change_policy(actor=as_actor(ana, alder), seen=0, values=values, why=WHY)
    assert versions(alder) == 0
    assert entries(alder) == []


def test_the_record_says_what_changed_and_holds_no_text(alder: Agency) -> None:
    make_policy(alder, idle_minutes=9, banner_fr="Secret de service")
    (data,) = entries(alder)
    assert data["version"] == 1
    assert data["before"] == {"idle_minutes": 30, "banner_fr": ""}
    assert data["after"]["idle_minutes"] == 9
    assert len(data["after"]["banner_fr"]) == 64


def test_two_admins_at_once_do_not_lose_one(transactional_db: None) -> None:
    with committed_agency() as agency:
        actor = command_actor("test", agency.pk)
        values = as_values(installation_policy())

        def change(minutes: int) -> object:
            with scope(agency.pk):
                new = values | {"idle_minutes": minutes}
                return change_policy(actor=actor, seen=0, values=new, why=WHY).number

        results = at_once(*(partial(change, minutes) for minutes in range(5, 11)))
        faults = [result.code for result in results if isinstance(result, Fault)]
        assert faults == ["policy_changed_meanwhile"] * 5
        assert results.count(1) == 1
        assert versions(agency) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_securitypolicy SET idle_minutes = 30",
        "DELETE FROM accounts_securitypolicy",
        "TRUNCATE accounts_securitypolicy",
    ],
)
def test_versions_are_never_changed(alder: Agency, sql: str) -> None:
    make_policy(alder)
    with scope(alder.pk), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match=r"append-only|permission denied"):
            with transaction.atomic():
                cursor.execute(sql)
    assert versions(alder) == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((name, bounds[1] + 1) for name, bounds in sorted(BOUNDS.items())),
        *((name, bounds[0] - 1) for name, bounds in sorted(BOUNDS.items())),
        ("why", "short"),
        ("number", 0),
        ("number", 1),
    ],
)
def test_the_database_refuses_what_no_agency_may_have(
    alder: Agency, column: str, value: int | str
) -> None:
    row = make_policy(alder)
    fields = [field.column for field in SecurityPolicy._meta.fields if field.column != "id"]
    chosen = ", ".join("%s" if name == column else f'"{name}"' for name in fields)
    if column != "number":
        chosen = chosen.replace('"number"', '"number" + 1')
    names = ", ".join(f'"{name}"' for name in fields)
    sql = f"INSERT INTO accounts_securitypolicy ({names}) SELECT {chosen}"
    sql += f" FROM accounts_securitypolicy WHERE id = {row.pk}"
    with scope(alder.pk), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="policy_"), transaction.atomic():
            cursor.execute(sql, [value])


# --- The pages ----------------------------------------------------------------------------------


def test_an_admin_sees_the_changes_before_they_are_made(
    client: Client, alder: Agency, ada: User
) -> None:
    client.force_login(ada)
    address = reverse("agency_settings_change")
    values = posted(alder, idle_minutes=12, passkey_required="on")
    shown = client.post(address, values)
    assert [change.label for change in shown.context["changes"]] == ["Idle time", "Passkeys only"]
    assert versions(alder) == 0
    saved = client.post(address, values | {"confirm": "yes"})
    assert saved["Location"] == reverse("agency_settings")
    policy = policy_of(alder.pk)
    assert (policy.idle_minutes, policy.passkey_required) == (12, True)
    assert entries(alder)[0]["after"] == {"idle_minutes": 12, "passkey_required": True}


def test_every_search_can_be_made_to_wait_for_a_supervisor(
    client: Client, alder: Agency, ada: User
) -> None:
    client.force_login(ada)
    assert "Authorize every search" in client.get(reverse("agency_settings")).content.decode()
    values = posted(alder, authorize_every_search="on")
    shown = client.post(reverse("agency_settings_change"), values)
    assert [change.label for change in shown.context["changes"]] == ["Authorize every search"]
    assert not policy_of(alder.pk).authorize_every_search
    client.post(reverse("agency_settings_change"), values | {"confirm": "yes"})
    assert policy_of(alder.pk).authorize_every_search


def test_the_confirmation_sends_the_same_again(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    address = reverse("agency_settings_change")
    text = "First line\r\n\r\n“Second” <line> & more"
    shown = client.post(address, posted(alder, banner_en=text, passkey_required="on"))
    hidden = {field.html_name: field.value() for field in shown.context["form"]}
    client.post(address, hidden | {"confirm": "yes"})
    policy = policy_of(alder.pk)
    assert policy.banner_en == text.replace("\r\n", "\n")
    assert policy.passkey_required
    assert not policy.single_sign_on_required


def test_a_form_that_was_overtaken_changes_nothing(
    client: Client, alder: Agency, ada: User
) -> None:
    values = posted(alder, idle_minutes=12, confirm="yes")
    make_policy(alder, session_hours=6)
    client.force_login(ada)
    response = client.post(reverse("agency_settings_change"), values)
    assert response.status_code == 422
    assert "policy_changed_meanwhile" in response.content.decode()
    policy = policy_of(alder.pk)
    assert (policy.version, policy.idle_minutes, policy.session_hours) == (1, 30, 6)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"session_hours": 13}, "max_value"),
        ({"invitation_days": 8}, "policy_too_loose"),
        ({"why": "short"}, "reason_too_short"),
        ({}, "policy_unchanged"),
    ],
)
def test_a_refused_form_says_why(
    client: Client, alder: Agency, ada: User, changed: dict[str, Any], code: str
) -> None:
    client.force_login(ada)
    response = client.post(
        reverse("agency_settings_change"), posted(alder, **changed) | {"confirm": "yes"}
    )
    assert response.status_code == 422
    assert code in response.content.decode()
    assert versions(alder) == 0


def test_the_history_says_who_when_why_and_what(client: Client, alder: Agency, ada: User) -> None:
    client.force_login(ada)
    empty = client.get(reverse("agency_settings")).content.decode()
    assert "Nothing was changed yet" in empty
    make_policy(alder, idle_minutes=20)
    make_policy(alder, idle_minutes=10, session_hours=9)
    client.force_login(ada)
    found = client.get(reverse("agency_settings")).context["versions"]
    assert [(version.number, len(changes)) for version, changes in found] == [(2, 2), (1, 1)]
    assert (found[0][1][0].before, found[0][1][0].after) == ("20 minutes", "10 minutes")
    assert found[0][0].made_by_label == "operator (test)"


def test_a_long_history_costs_no_more_queries(client: Client, alder: Agency, ada: User) -> None:
    def queries() -> int:
        client.force_login(ada)
        client.get(reverse("agency_settings"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("agency_settings")).status_code == 200
        return len(captured)

    make_policy(alder)
    few = queries()
    for _ in range(6):
        make_policy(alder)
    assert queries() == few


# --- Where they apply ---------------------------------------------------------------------------


def session_of(user: User) -> UserSession:
    with user_scope(user.pk):
        return UserSession.objects.get()


def test_a_log_in_takes_the_limits_that_hold_then(client: Client, alder: Agency, ana: User) -> None:
    make_policy(alder, idle_minutes=7, session_hours=3)
    client.force_login(ana)
    row = session_of(ana)
    assert (row.idle_minutes, row.session_hours) == (7, 3)
    make_policy(alder, idle_minutes=5)
    assert session_of(ana).idle_minutes == 7


@pytest.mark.parametrize(
    ("column", "limit"),
    [("last_seen_at", timedelta(minutes=7)), ("started_at", timedelta(hours=3))],
)
def test_a_session_ends_by_its_own_limits(
    client: Client, alder: Agency, ana: User, column: str, limit: timedelta
) -> None:
    make_policy(alder, idle_minutes=7, session_hours=3)
    client.force_login(ana)
    for slack, status in ((timedelta(minutes=1), 200), (timedelta(0), 302)):
        with user_scope(ana.pk):
            UserSession.objects.update(**{column: timezone.now() - limit + slack})
        assert client.get(reverse("home")).status_code == status


def test_the_list_of_sessions_knows_each_ones_limits(alder: Agency, ana: User) -> None:
    make_policy(alder, idle_minutes=7)
    Client().force_login(ana)
    with user_scope(ana.pk):
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=8))
    here = Client()
    here.force_login(ana)
    assert len(here.get(reverse("sessions")).context["rows"]) == 1


def test_tokens_live_no_longer_than_the_policy(client: Client, alder: Agency, ana: User) -> None:
    make_policy(alder, token_max_days=20)
    with pytest.raises(Fault) as fault:
        make_token(alder, ana)
    assert fault.value.code == "token_days_out_of_range"
    client.force_login(ana)
    field = client.get(reverse("token_new")).context["form"].fields["days"]
    assert (field.initial, field.widget.attrs["max"]) == (20, 20)


def test_invitations_live_as_long_as_the_policy_says(alder: Agency) -> None:
    make_policy(alder, invitation_days=2)
    with scope(alder.pk):
        invitation = make_invitation(alder)
    assert invitation.expires_at - invitation.sent_at == timedelta(days=2)
    assert len(mail.outbox) == 1
