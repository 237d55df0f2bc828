"""Log-in by e-mail, log-out, and what strangers can learn from it."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, Role, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import platform_scope
from tests.conftest import PASSWORD, complete_log_in, join
from tests.second_factor import give_app, next_code

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


@pytest.mark.parametrize("email", ["ana@alder.example", "nobody@alder.example"])
def test_after_five_failures_the_right_password_gets_the_same_answer(
    client: Client, ana: User, email: str
) -> None:
    answers = [log_in(client, email, "wrong password!!") for _ in range(5)]
    answers.append(log_in(client, email))
    pages = {r.context["form"].errors.as_json() for r in answers}  # type: ignore[attr-defined]
    assert len(pages) == 1
    assert client.get(reverse("home")).status_code == 302


def test_wrong_codes_lock_as_wrong_passwords_do(client: Client, ana: User) -> None:
    give_app(ana)
    log_in(client, "ana@alder.example")
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    right = client.post(reverse("mfa_authenticate"), {"code": next_code(ana.email)})
    assert right.status_code == 200
    ana.refresh_from_db()
    assert ana.locked_at is not None


def test_who_is_locked_between_password_and_code_does_not_get_in(client: Client, ana: User) -> None:
    give_app(ana)
    log_in(client, "ana@alder.example")
    User.objects.filter(pk=ana.pk).update(locked_at=timezone.now())
    client.post(reverse("mfa_authenticate"), {"code": next_code(ana.email)})
    assert client.get(reverse("home"))["Location"].startswith(reverse("account_login"))


def test_one_address_of_the_network_cannot_try_many_accounts(client: Client, alder: Agency) -> None:
    people = [join(alder, f"p{n}@alder.example", "P", Role.ANALYST) for n in range(31)]
    for person in people[:30]:
        log_in(client, person.email, "wrong password!!")
    last = log_in(client, people[30].email)
    assert b"Too many attempts" in last.content  # type: ignore[attr-defined]
    assert client.get(reverse("home")).status_code == 302
    assert log_in(Client(REMOTE_ADDR="192.0.2.9"), people[30].email).status_code == 302  # type: ignore[attr-defined]


def fail_often(client: Client, times: int) -> None:
    for number in range(times):
        log_in(client, f"nobody{number}@alder.example", "wrong password!!")


def test_an_account_of_ones_own_does_not_let_one_guess_on(client: Client, alder: Agency) -> None:
    """A right second factor takes back no failure but its own attempt."""
    own, other = [join(alder, f"p{n}@alder.example", "P", Role.ANALYST) for n in range(2)]
    give_app(own)
    for _ in range(3):
        fail_often(client, 10)
        log_in(client, own.email)
        code = {"code": next_code(own.email)}
        assert client.post(reverse("mfa_authenticate"), code).status_code == 302
        client.post(reverse("account_logout"))
    assert b"Too many attempts" in log_in(client, other.email).content  # type: ignore[attr-defined]


def test_a_new_password_does_not_let_one_guess_on(client: Client, alder: Agency) -> None:
    own, other = [join(alder, f"p{n}@alder.example", "P", Role.ANALYST) for n in range(2)]
    fail_often(client, 30)
    form = client.get(urlsplit(reset_link(client, own.email)).path)["Location"]
    new = {"password1": "seven green lamps at noon", "password2": "seven green lamps at noon"}
    assert client.post(form, new).status_code == 302
    assert b"Too many attempts" in log_in(client, other.email).content  # type: ignore[attr-defined]


def test_right_log_ins_do_not_use_up_what_an_address_may_fail(
    client: Client, alder: Agency
) -> None:
    """A whole agency may sit behind one address of the network."""
    own = join(alder, "p@alder.example", "P", Role.ANALYST)
    give_app(own)
    fail_often(client, 29)
    for _ in range(3):
        log_in(client, own.email)
        code = {"code": next_code(own.email)}
        assert client.post(reverse("mfa_authenticate"), code).status_code == 302
        client.post(reverse("account_logout"))


@pytest.mark.parametrize("wrong", [{"code": "000000"}, {"credential": '{"id": "x"}'}])
def test_wrong_second_factors_count_for_the_address_too(
    client: Client, ana: User, wrong: dict[str, str]
) -> None:
    give_app(ana)
    fail_often(client, 29)
    log_in(client, ana.email)
    client.post(reverse("mfa_authenticate"), wrong)
    assert b"Too many attempts" in log_in(Client(), ana.email).content  # type: ignore[attr-defined]


def test_a_new_browser_is_told_by_mail_and_a_known_one_is_not(client: Client, ana: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        log_in(client, "ana@alder.example")
    wait_until_sent()
    assert [m.subject for m in mail.outbox] == ["Log-in from a new browser"]
    client.post(reverse("account_logout"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        log_in(client, "ana@alder.example")
        log_in(client, "ana@alder.example")
    wait_until_sent()
    assert len(mail.outbox) == 1


# --- The forgotten password -----------------------------------------------------------------------


def reset_link(client: Client, email: str, **headers: str) -> str:
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post(reverse("account_reset_password"), {"email": email}, headers=headers)
    wait_until_sent()
    return next((word for m in mail.outbox for word in str(m.body).split() if "://" in word), "")


def test_a_forgotten_password_is_replaced_once_and_ends_all_sessions(ana: User) -> None:
    client, other = Client(), Client()
    other.force_login(ana)
    link = reset_link(client, "ana@alder.example")
    form = client.get(urlsplit(link).path)["Location"]
    new = {"password1": "seven green lamps at noon", "password2": "seven green lamps at noon"}
    assert client.post(form, new)["Location"] == reverse("account_reset_password_from_key_done")
    assert other.get(reverse("home"))["Location"].startswith(reverse("account_login"))
    assert b"used already" in Client().get(urlsplit(link).path, follow=True).content
    assert log_in(Client(), ana.email, new["password1"]).status_code == 302  # type: ignore[attr-defined]
    assert Action.PASSWORD_CHANGED in actions()


def test_asking_tells_nothing_about_accounts(client: Client, ana: User) -> None:
    pages = []
    for email in ("ana@alder.example", "nobody@alder.example"):
        response = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        text = re.sub(r'token" value="\w+"', "", response.content.decode())
        pages.append((response.redirect_chain, text))
    assert pages[0] == pages[1]
    assert {address for m in mail.outbox for address in m.to} <= {"ana@alder.example"}


def test_the_link_is_built_from_the_setting_and_not_from_the_request(
    client: Client, ana: User, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    link = reset_link(client, "ana@alder.example", host="evil.example")
    assert link.startswith(settings.BASE_URL + "/login/forgotten/")


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "1234567890123456",
        "qwertyuiopasdfghjkl",
        "abcabcabcabcabcabc",
        "ana@alder.example.1",
        "candorcandorcandor1",
        "Fourteen chars",
    ],
)
def test_guessable_passwords_are_refused(ana: User, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, ana)


@pytest.mark.parametrize("password", [PASSWORD, "seven green lamps at noon", "9f3K-1xQ7-pW2m-Zr8d"])
def test_long_ones_of_any_kind_are_taken(client: Client, ana: User, password: str) -> None:
    client.force_login(ana)
    new = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post(reverse("password_change"), new).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(password)
