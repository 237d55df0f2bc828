"""The door to the platform's pages, and the staff session behind it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, StaffSession, User
from portal.tenancy import platform_scope, scope
from tests.accounts.platform_cast import REASON, enter, recorded, sessions
from tests.conftest import PASSWORD

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reason", "password"),
    [("", PASSWORD), ("too short", PASSWORD), ("   short        ", PASSWORD), (REASON, "")],
)
def test_the_door_asks_for_a_reason_and_the_password(
    client: Client, sue: User, reason: str, password: str
) -> None:
    client.force_login(sue)
    response = client.post(reverse("admin:door"), {"reason": reason, "password": password})
    assert response.status_code == 422
    assert sessions() == []
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_wrong_password_is_refused_and_recorded(client: Client, sue: User) -> None:
    client.force_login(sue)
    values = {"reason": REASON, "password": "x" * 20}
    response = client.post(reverse("admin:door"), values)
    assert response.status_code == 422
    assert "staff_password_wrong" in response.text
    assert sessions() == []
    assert recorded() == ["staff_session.refused"]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client: Client, sue: User) -> None:
    client.force_login(sue)
    for _ in range(5):
        client.post(reverse("admin:door"), {"reason": REASON, "password": "x" * 20})
    response = client.post(reverse("admin:door"), {"reason": REASON, "password": PASSWORD})
    assert response.status_code == 422
    assert "staff_locked" in response.text
    assert sessions() == []


def test_the_door_leads_to_the_page_asked_for_and_to_no_other_site(
    client: Client, sue: User
) -> None:
    client.force_login(sue)
    asked = client.get(reverse("admin:accounts_agency_changelist"))
    values = {"reason": REASON, "password": PASSWORD}
    assert client.post(asked["Location"], values)["Location"] == "/platform/accounts/agency/"
    for bad in ("https://evil.example/platform/", "//evil.example", "/cases/", "javascript:x"):
        response = client.post(reverse("admin:door"), {**values, "next": bad})
        assert response["Location"] == "/platform/"


def test_a_session_ends_by_itself(client: Client, sue: User, settings: object) -> None:
    enter(client, sue)
    (session,) = sessions()
    assert session.reason == REASON
    lasted = session.expires_at - session.started_at
    assert timedelta(minutes=29) < lasted <= timedelta(minutes=30, seconds=5)
    with platform_scope():  # an expired one, as time would make it
        StaffSession.objects.update(ended_at=timezone.now())
        expired = StaffSession.objects.create(
            user=sue,
            reason=REASON,
            started_at=timezone.now() - timedelta(minutes=31),
            expires_at=timezone.now() - timedelta(minutes=1),
        )
    stored = client.session
    stored["staff_session"] = expired.pk
    stored.save()
    response = client.get(reverse("admin:accounts_agency_changelist"))
    assert response["Location"].startswith("/platform/door/")
    enter(client, sue)  # and opening another one closes the expired one at its own end
    with platform_scope():
        expired.refresh_from_db()
    assert expired.ended_at == expired.expires_at


def test_a_session_can_be_ended_and_belongs_to_one_browser(client: Client, sue: User) -> None:
    enter(client, sue)
    other = Client()
    other.force_login(sue)
    assert other.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.post(reverse("admin:end")).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 302
    assert sessions()[0].ended_at is not None
    assert recorded() == ["staff_session.opened", "staff_session.ended"]


@pytest.mark.parametrize("name", ["account_logout", "admin:logout"])
def test_logging_out_ends_the_session(client: Client, sue: User, name: str) -> None:
    enter(client, sue)
    assert client.post(reverse(name)).status_code == 302
    assert sessions()[0].ended_at is not None
    assert recorded()[-1] == "staff_session.ended"
    client.force_login(sue)
    assert client.get(reverse("admin:index")).status_code == 302


def test_somebody_elses_session_opens_nothing(client: Client, sue: User, stan: User) -> None:
    enter(Client(), sue)
    client.force_login(stan)
    stored = client.session
    stored["staff_session"] = sessions()[0].pk
    stored.save()
    assert client.get(reverse("admin:index")).status_code == 302


def test_who_is_no_longer_staff_is_out_at_once(client: Client, stan: User) -> None:
    enter(client, stan)
    User.objects.filter(pk=stan.pk).update(is_staff=False)
    assert client.get(reverse("admin:index")).status_code == 403  # belongs to no agency


def test_a_staff_session_can_only_be_ended(client: Client, sue: User) -> None:
    enter(client, sue)
    for sql in (
        "UPDATE accounts_staffsession SET reason = 'another reason'",
        "UPDATE accounts_staffsession SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM accounts_staffsession",
    ):
        with platform_scope(), pytest.raises(IntegrityError, match="only be ended"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
    with scope(1), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_staffsession")
        assert cursor.fetchone() == (0,)


def test_every_page_shows_the_session_and_the_way_out(inside: Client, alder: Agency) -> None:
    for name in ("index", "accounts_agency_changelist", "accounts_agency_add"):
        page = inside.get(reverse(f"admin:{name}")).text
        assert REASON in page, name
        assert "minutes left" in page, name
        assert f'action="{reverse("admin:end")}"' in page, name
