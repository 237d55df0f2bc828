"""Log-ins: listed for their person, ended at once, limited in idle time and in age."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.devices import in_words
from accounts.models import Agency, User, UserSession
from portal import env
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope, user_scope
from tests.conftest import PASSWORD, complete_log_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


def logged_in(user: User, user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": user_agent})
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    complete_log_in(client, user)
    assert client.get(reverse("home")).status_code == 200
    return client


def rows_of(user: User) -> list[UserSession]:
    with user_scope(user.pk):
        return list(UserSession.objects.all())


def change(user: User, **values: object) -> None:
    with user_scope(user.pk):
        assert UserSession.objects.update(**values) == 1


def ended() -> list[str]:
    with platform_scope():
        found = AuditEntry.objects.filter(action=Action.SESSION_ENDED).order_by("id")
        return [entry.data["reason"] for entry in found]


def is_in(client: Client) -> bool:
    return client.get(reverse("home")).status_code == 200


# --- The list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on macOS"),
        ("curl/8.1", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>Firefox/1</script>", "Firefox"),
    ],
)
def test_browsers_in_words(user_agent: str, words: str) -> None:
    assert in_words(user_agent) == words


def test_people_see_where_they_are_logged_in(ana: User, eli: User) -> None:
    here, _there = logged_in(ana), logged_in(ana, IPHONE)
    logged_in(eli)
    rows = here.get(reverse("sessions")).context["rows"]
    assert [(row["device"], row["here"]) for row in rows] == [
        ("Firefox on Windows", True),
        ("Safari on iPhone", False),
    ]
    assert rows[0]["session"].address == "127.0.0.1"


def test_the_key_of_a_session_is_not_kept(ana: User) -> None:
    client = logged_in(ana)
    key = client.session.session_key
    assert key is not None
    with user_scope(ana.pk), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM accounts_usersession s")
        assert key not in cursor.fetchone()[0]


def test_rows_are_their_persons_alone(alder: Agency, ana: User, eli: User) -> None:
    logged_in(ana)

    def attack() -> list[int]:
        with connection.cursor() as cursor:
            counts = []
            for sql in (
                "SELECT * FROM accounts_usersession",
                "UPDATE accounts_usersession SET address = 'x'",
                "DELETE FROM accounts_usersession",
            ):
                cursor.execute(sql)
                counts.append(cursor.rowcount)
            return counts

    assert attack() == [0, 0, 0]
    for context in (scope(alder.pk), platform_scope(), user_scope(eli.pk)):
        with context:
            assert attack() == [0, 0, 0]
    assert len(rows_of(ana)) == 1


def test_a_log_out_leaves_no_row(ana: User) -> None:
    client = logged_in(ana)
    client.post(reverse("account_logout"))
    assert rows_of(ana) == []


def test_logging_in_again_in_the_same_browser_is_one_session(client: Client, ana: User) -> None:
    client.force_login(ana)
    client.force_login(ana)
    assert len(rows_of(ana)) == 1
    assert is_in(client)


# --- Ending -------------------------------------------------------------------------------------


def test_an_ended_session_is_over_with_its_next_request(ana: User) -> None:
    here, there = logged_in(ana), logged_in(ana, IPHONE)
    key = there.session.session_key
    row = next(row for row in rows_of(ana) if "iPhone" in row.user_agent)
    assert here.post(reverse("session_end", args=[row.pk])).status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(there)
    assert is_in(here)
    assert ended() == ["ended"]


def test_end_all_others_keeps_this_one(ana: User, eli: User) -> None:
    here, others, stranger = logged_in(ana), [logged_in(ana) for _ in range(3)], logged_in(eli)
    here.post(reverse("sessions_end_others"))
    assert is_in(here)
    assert is_in(stranger)
    assert not any(is_in(other) for other in others)
    assert ended() == ["ended"] * 3


def test_ending_ones_own_session_logs_out(ana: User) -> None:
    here = logged_in(ana)
    response = here.post(reverse("session_end", args=[rows_of(ana)[0].pk]))
    assert response["Location"] == reverse("account_login")
    assert not is_in(here)


def test_another_persons_session_does_not_exist(ana: User, eli: User) -> None:
    victim, attacker = logged_in(ana), logged_in(eli)
    row = rows_of(ana)[0]
    assert attacker.post(reverse("session_end", args=[row.pk])).status_code == 404
    assert is_in(victim)
    assert ended() == []


def test_a_session_without_a_row_is_over_even_if_django_kept_it(ana: User) -> None:
    client = logged_in(ana)
    with user_scope(ana.pk):
        UserSession.objects.all().delete()
    assert Session.objects.count() > 0
    assert not is_in(client)


def test_a_new_session_key_stays_the_same_session(ana: User) -> None:
    client = logged_in(ana)
    session = client.session
    session.cycle_key()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    assert is_in(client)
    (row,) = rows_of(ana)
    client.post(reverse("session_end", args=[row.pk]))
    assert not Session.objects.filter(session_key=session.session_key).exists()


# --- Limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "limit", "reason"),
    [
        ("last_seen_at", timedelta(minutes=30), "idle"),
        ("started_at", timedelta(hours=12), "age"),
    ],
)
def test_limits(ana: User, column: str, limit: timedelta, reason: str) -> None:
    client = logged_in(ana)
    change(ana, **{column: timezone.now() - limit + timedelta(minutes=1)})
    assert is_in(client)
    change(ana, **{column: timezone.now() - limit})
    response = client.get(reverse("cases"))
    assert response["Location"] == f"{reverse('account_login')}?next={reverse('cases')}"
    assert "You were logged out" in client.get(reverse("account_login")).content.decode()
    assert ended() == [reason]
    assert rows_of(ana) == []
    assert not is_in(client)


def test_activity_keeps_a_session_and_a_waiting_page_does_not(ana: User) -> None:
    client = logged_in(ana)
    past = timezone.now() - timedelta(minutes=20)
    change(ana, last_seen_at=past)
    client.get(reverse("home"), headers={"HX-Request": "true"})
    assert rows_of(ana)[0].last_seen_at == past
    client.get(reverse("home"))
    assert rows_of(ana)[0].last_seen_at > past


def test_being_seen_is_written_once_a_minute(ana: User) -> None:
    client = logged_in(ana)
    before = rows_of(ana)[0].last_seen_at
    client.get(reverse("home"))
    assert rows_of(ana)[0].last_seen_at == before


def test_the_list_leaves_out_what_is_over(ana: User) -> None:
    logged_in(ana)
    change(ana, last_seen_at=timezone.now() - timedelta(hours=1))
    here = logged_in(ana, IPHONE)
    assert len(here.get(reverse("sessions")).context["rows"]) == 1
    assert len(rows_of(ana)) == 1  # the log-in cleared up


def test_an_idle_session_posts_nothing(ana: User, alder: Agency) -> None:
    client = logged_in(ana)
    change(ana, last_seen_at=timezone.now() - timedelta(hours=1))
    client.post(reverse("case_new"), {"number": "X-1", "title": "x"})
    with scope(alder.pk):
        assert not AuditEntry.objects.filter(action=Action.CASE_OPENED).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CANDOR_IDLE_MINUTES", "31"),
        ("CANDOR_SESSION_HOURS", "13"),
        ("CANDOR_TOKEN_MAX_DAYS", "366"),
        ("CANDOR_IDLE_MINUTES", "0"),
    ],
)
def test_an_operator_may_only_tighten(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    import re
    from pathlib import Path

    monkeypatch.setenv(name, value)
    source = (Path(__file__).parents[2] / "portal/settings.py").read_text()
    found = re.search(rf'env\.env_int\("{name}", (\d+), low=(\d+), high=(\d+)\)', source)
    assert found is not None
    default, low, high = map(int, found.groups())
    assert default == high
    with pytest.raises(ImproperlyConfigured):
        env.env_int(name, default, low=low, high=high)
