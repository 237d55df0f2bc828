"""What people change about themselves: name, language, time zone, password."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.conftest import PASSWORD, join
from tests.factories import make_case

pytestmark = pytest.mark.django_db

STRONG = "seven green lamps at noon"


def entries() -> list[AuditEntry]:
    with platform_scope():
        return list(AuditEntry.objects.filter(agency_id=None).order_by("-id"))


def save(client: Client, **values: str) -> "object":
    return client.post(
        reverse("account"), {"name": "Ana", "language": "", "time_zone": "", **values}
    )


def test_a_person_changes_name_and_the_record_names_the_field(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert save(client, name="Ana Berg").status_code == 302  # type: ignore[attr-defined]
    ana.refresh_from_db()
    assert ana.name == "Ana Berg"
    assert (entries()[0].action, entries()[0].data) == (
        Action.ACCOUNT_CHANGED,
        {"fields": ["name"]},
    )
    before = len(entries())
    save(client, name="Ana Berg")
    assert len(entries()) == before


def test_address_and_rights_cannot_be_posted(client: Client, ana: User) -> None:
    client.force_login(ana)
    save(client, email="other@alder.example", is_staff="on", is_superuser="on", session_epoch="9")
    ana.refresh_from_db()
    assert (ana.email, ana.is_staff, ana.is_superuser) == ("ana@alder.example", False, False)
    assert ana.session_epoch == 0


def test_the_persons_language_comes_before_the_browsers(client: Client, ana: User) -> None:
    client.force_login(ana)
    save(client, language="fr")
    response = client.get(reverse("account"), headers={"accept-language": "en"})
    assert '<html lang="fr"' in response.content.decode()
    assert response["Content-Language"] == "fr"
    anonymous = Client().get(reverse("account_login"), headers={"accept-language": "en"})
    assert '<html lang="en"' in anonymous.content.decode()


def test_the_switch_in_the_header_is_kept_for_the_next_browser(client: Client, ana: User) -> None:
    client.force_login(ana)
    client.post(reverse("set_language"), {"language": "fr", "next": "/"})
    ana.refresh_from_db()
    assert ana.language == "fr"
    another = Client()
    another.force_login(ana)
    assert '<html lang="fr"' in another.get(reverse("home")).content.decode()


@pytest.mark.parametrize("language", ["xx", "", "../fr"])
def test_unknown_languages_are_not_kept(client: Client, ana: User, language: str) -> None:
    client.force_login(ana)
    client.post(reverse("set_language"), {"language": language})
    client.get(reverse("set_language") + "?language=fr")
    ana.refresh_from_db()
    assert ana.language == ""


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_the_switch_of_language_leads_nowhere_else(client: Client, ana: User, target: str) -> None:
    client.force_login(ana)
    response = client.post(reverse("set_language"), {"language": "fr", "next": target})
    assert "evil" not in response["Location"]
    assert "javascript" not in response["Location"]


def test_times_are_the_persons_own_and_else_the_agencys(
    client: Client, alder: Agency, ana: User
) -> None:
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(time_zone="America/Denver")
    with scope(alder.pk):
        make_case(alder)
    client.force_login(ana)
    assert "America/Denver" in client.get(reverse("cases")).content.decode()
    save(client, time_zone="Asia/Tokyo")
    page = client.get(reverse("cases")).content.decode()
    assert "Asia/Tokyo" in page
    assert "America/Denver" not in page
    assert "+00:00" in page or "+09:00" in page


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "UTC+1", "localtime"])
def test_unknown_time_zones_are_refused(client: Client, ana: User, zone: str) -> None:
    client.force_login(ana)
    assert save(client, time_zone=zone).status_code == 422  # type: ignore[attr-defined]
    ana.refresh_from_db()
    assert ana.time_zone == ""


def test_a_refused_name_is_not_shown_as_ones_own(client: Client, ana: User) -> None:
    client.force_login(ana)
    response = save(client, name="x" * 151)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "Ana</strong>" in response.content.decode()  # type: ignore[attr-defined]


def change(client: Client, old: str, new: str, again: str = "") -> int:
    values = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(reverse("password_change"), values).status_code


def test_a_new_password_ends_the_other_log_ins_and_not_this_one(client: Client, ana: User) -> None:
    other = Client()
    other.force_login(ana)
    client.force_login(ana)
    assert change(client, PASSWORD, STRONG) == 302
    assert entries()[0].action == Action.PASSWORD_CHANGED
    assert client.get(reverse("home")).status_code == 200
    assert other.get(reverse("home")).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(STRONG)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong password!!", STRONG, ""),
        (PASSWORD, "fourteen chars", ""),
        (PASSWORD, "1q2w3e4r5t6y7u8i9o0p", ""),
        (PASSWORD, "ana@alder.example", ""),
        (PASSWORD, STRONG, STRONG + "x"),
        (PASSWORD, "", ""),
    ],
)
def test_weak_wrong_and_mistyped_passwords_change_nothing(
    client: Client, ana: User, old: str, new: str, again: str
) -> None:
    client.force_login(ana)
    assert change(client, old, new, again) == 422
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_a_person_without_an_agency_has_an_account_too(client: Client, nil: User) -> None:
    client.force_login(nil)
    assert client.get(reverse("account")).status_code == 200
    assert change(client, PASSWORD, STRONG) == 302
    assert client.get(reverse("people")).status_code == 403


def test_posting_without_a_csrf_token_changes_nothing(alder: Agency) -> None:
    user = join(alder, "csrf@alder.example", "C", Role.ANALYST)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert save(client, name="Mallory").status_code == 403  # type: ignore[attr-defined]
    assert change(client, PASSWORD, STRONG) == 403
    user.refresh_from_db()
    assert user.name == "C"
