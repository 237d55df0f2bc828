"""Log-in by e-mail, log-out, and what strangers can learn from it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope
from tests.conftest import PASSWORD, complete_log_in, join

pytestmark = pytest.mark.django_db


def log_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> "object":
    return client.post(
        reverse("account_login") + extra.get("query", ""), {"login": email, "password": password}
    )


def actions() -> list[str]:
    with platform_scope():
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_person_logs_in_by_address_in_any_case_and_out_again(client: Client, ana: User) -> None:
    response = log_in(client, " ANA@alder.example ")
    assert response.status_code == 302  # type: ignore[attr-defined]
    complete_log_in(client, ana)
    assert client.get(reverse("home")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("home")).status_code == 302
    assert actions()[-2:] == [Action.LOGIN, Action.LOGOUT]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: Client, ana: User
) -> None:
    answers = [
        log_in(client, email, "wrong password!!").context["form"].errors.as_json()  # type: ignore[attr-defined]
        for email in ("ana@alder.example", "nobody@alder.example")
    ]
    assert answers[0] == answers[1]
    assert actions()[-2:] == [Action.LOGIN_FAILED, Action.LOGIN_FAILED]


def test_a_deactivated_person_cannot_log_in(client: Client, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert log_in(client, "ana@alder.example").status_code == 200  # type: ignore[attr-defined]
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_log_in_does_not_lead_elsewhere(client: Client, ana: User, target: str) -> None:
    response = log_in(client, "ana@alder.example", query=f"?next={target}")
    assert response["Location"] == reverse("home")  # type: ignore[index]


def test_the_session_key_changes_at_log_in(client: Client, ana: User) -> None:
    client.get(reverse("account_login"))
    client.session["planted"] = True
    before = client.session.session_key
    log_in(client, "ana@alder.example")
    assert client.session.session_key != before


def test_a_member_of_two_agencies_chooses_and_sees_only_the_chosen(
    client: Client, alder: Agency, birch: Agency, ana: User
) -> None:
    from portal.tenancy import scope
    from tests.factories import make_case

    join(birch, "ana@alder.example", "Ana", Role.ANALYST)
    for agency in (alder, birch):
        with scope(agency.pk):
            make_case(agency, f"{agency.slug}-1")
    client.force_login(ana)
    assert b"alder-1" in client.get(reverse("cases")).content
    client.post(reverse("switch_agency"), {"agency": birch.pk})
    page = client.get(reverse("cases")).content
    assert b"birch-1" in page
    assert b"alder-1" not in page


def test_pages_are_not_kept_by_caches_and_carry_the_policy(client: Client, ana: User) -> None:
    client.force_login(ana)
    response = client.get(reverse("home"))
    assert response["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_health_says_whether_the_database_answers(client: Client) -> None:
    assert client.get(reverse("health")).json() == {"status": "ok"}
