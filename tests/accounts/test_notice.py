"""The notice of an agency: accepted after each log-in, before any page of the agency."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.banner import ACCEPTED_KEY, digest_of, standard_text
from accounts.models import Agency, Role, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.conftest import complete_log_in, join
from tests.factories import make_policy, make_token

pytestmark = pytest.mark.django_db

NOTICE = "notice"


@pytest.fixture
def asked(client: Client, ana: User) -> Client:
    """Ana after her second factor, who has not seen the notice."""
    client.force_login(ana)
    forget(client)
    return client


def forget(client: Client) -> None:
    session = client.session
    session.pop(ACCEPTED_KEY)
    session.save()


def answer(client: Client, **values: str) -> object:
    context = client.get(reverse(NOTICE)).context
    shown = {name: str(context[name]) for name in ("version", "digest", "next")}
    return client.post(reverse(NOTICE), shown | {"answer": "accept"} | values)


def accepted(agency: Agency) -> list[dict[str, object]]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(action=Action.NOTICE_ACCEPTED).order_by("id")
        return [entry.data for entry in found]


def test_no_page_of_the_agency_comes_before_the_notice(asked: Client, alder: Agency) -> None:
    for name in ("home", "cases", "people", "sessions", "tokens"):
        response = asked.get(reverse(name) + "?q=x")
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse(NOTICE)), name
    response = asked.post(reverse("case_new"), {"number": "X-1", "title": "x"})
    assert response["Location"] == reverse(NOTICE)
    with scope(alder.pk):
        assert not AuditEntry.objects.filter(action=Action.CASE_OPENED).exists()


def test_accepting_is_recorded_and_leads_on(asked: Client, alder: Agency) -> None:
    to_notice = asked.get(reverse("cases") + "?q=harbour")["Location"]
    page = asked.get(to_notice)
    assert "Alder Police" in page.content.decode()
    assert "Cases" not in page.content.decode()
    response = answer(asked, next=page.context["next"])
    assert response["Location"] == reverse("cases") + "?q=harbour"  # type: ignore[index]
    assert asked.get(reverse("cases")).status_code == 200
    assert accepted(alder) == [{"version": 0, "sha256": digest_of(standard_text())}]


def test_declining_logs_out(asked: Client, alder: Agency) -> None:
    response = answer(asked, answer="decline")
    assert response["Location"] == reverse("account_login")  # type: ignore[index]
    assert "_auth_user_id" not in asked.session
    assert accepted(alder) == []


def test_another_version_asks_again(client: Client, alder: Agency, ana: User) -> None:
    client.force_login(ana)
    assert client.get(reverse("home")).status_code == 200
    make_policy(alder, banner_en="Alder's own words.")
    assert client.get(reverse("home"))["Location"].startswith(reverse(NOTICE))
    assert "Alder&#x27;s own words." in client.get(reverse(NOTICE)).content.decode()
    answer(client)
    assert client.get(reverse("home")).status_code == 200
    assert accepted(alder) == [{"version": 1, "sha256": digest_of("Alder's own words.")}]


def test_what_changed_while_it_was_read_is_not_accepted(asked: Client, alder: Agency) -> None:
    context = asked.get(reverse(NOTICE)).context
    shown = {"version": context["version"], "digest": context["digest"], "answer": "accept"}
    make_policy(alder, banner_en="New words.")
    response = asked.post(reverse(NOTICE), shown)
    assert response.status_code == 422
    assert "notice_changed_meanwhile" in response.content.decode()
    assert "New words." in response.content.decode()
    assert accepted(alder) == []
    assert asked.get(reverse("home")).status_code == 302


@pytest.mark.parametrize("values", [{"digest": ""}, {"version": "x"}, {"answer": ""}])
def test_only_what_was_shown_is_accepted(asked: Client, values: dict[str, str]) -> None:
    answer(asked, **values)
    expected = 200 if "answer" in values else 302
    assert asked.get(reverse("home")).status_code == expected


def test_every_agency_has_a_notice_of_its_own(
    client: Client, alder: Agency, birch: Agency, ana: User
) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    client.force_login(ana)
    forget(client)
    answer(client)
    assert client.get(reverse("home")).status_code == 200
    client.post(reverse("switch_agency"), {"agency": birch.pk})
    assert client.get(reverse("home"))["Location"].startswith(reverse(NOTICE))
    answer(client)
    assert client.get(reverse("home")).context["agency"] == birch
    assert len(accepted(alder)) == len(accepted(birch)) == 1


def test_the_next_log_in_asks_again(client: Client, ana: User) -> None:
    client.force_login(ana)
    client.post(reverse("account_logout"))
    assert ACCEPTED_KEY not in client.session
    client.force_login(ana)
    forget(client)
    assert client.get(reverse("home")).status_code == 302


def test_the_notice_is_in_the_persons_language(client: Client, alder: Agency, ana: User) -> None:
    make_policy(alder, banner_en="In English.", banner_fr="En français.")
    User.objects.filter(pk=ana.pk).update(language="fr")
    client.force_login(ana)
    forget(client)
    text = client.get(reverse(NOTICE)).content.decode()
    assert "En français." in text
    assert "In English." not in text


def test_a_waiting_page_goes_to_the_notice_as_a_whole(asked: Client) -> None:
    here = {"hx-request": "true", "hx-current-url": "http://testserver/searches/?page=2"}
    response = asked.get(reverse("home"), headers=here)
    assert response["HX-Redirect"] == reverse(NOTICE) + "?next=%2Fsearches%2F%3Fpage%3D2"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_notice_leads_nowhere_else(asked: Client, target: str) -> None:
    assert answer(asked, next=target)["Location"] == "/"  # type: ignore[index]


def test_programs_are_not_asked(client: Client, alder: Agency, ana: User) -> None:
    _token, text = make_token(alder, ana)
    response = client.get(reverse("api_me"), headers={"authorization": f"Bearer {text}"})
    assert response.status_code == 200


def test_ones_own_pages_and_the_language_need_no_notice(asked: Client) -> None:
    assert asked.get(reverse("account")).status_code == 200
    assert asked.post(reverse("set_language"), {"language": "fr"}).status_code == 302
    assert asked.get(reverse("health")).status_code == 200


def test_complete_log_in_is_what_force_login_does(client: Client, ana: User) -> None:
    client.force_login(ana)
    forget(client)
    complete_log_in(client, ana)
    assert client.get(reverse("home")).status_code == 200
