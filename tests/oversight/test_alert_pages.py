"""The pages of alerts, as auditors, whom they concern, and strangers see them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role, User
from oversight.misuse.registry import RULES
from oversight.models import MisuseAlert
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Search
from tests.conftest import join
from tests.factories import (
    make_alert,
    make_case,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

NOTE = "The second person is the victim, says the file"


@pytest.fixture
def aud(alder: Agency) -> User:
    """Aud is an auditor at Alder."""
    return join(alder, "aud@alder.example", "Aud", Role.AUDITOR)


@pytest.fixture
def ola(alder: Agency) -> User:
    """Ola is an auditor who also searches, and whom the alert concerns."""
    return join(alder, "ola@alder.example", "Ola Nordmann", Role.AUDITOR, Role.ANALYST)


@pytest.fixture
def search(alder: Agency, ola: User) -> Search:
    with scope(alder.pk):
        return make_search(make_probe(make_case(alder), person_jpeg(1)), [make_gallery(alder)])


@pytest.fixture
def alert(alder: Agency, search: Search, ola: User) -> MisuseAlert:
    with scope(alder.pk):
        return make_alert(search, ola.pk)


def text_of(client: Client, name: str, *arguments: object, **query: str) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_auditor_reads_takes_and_decides(
    client: Client, alder: Agency, aud: User, alert: MisuseAlert, search: Search
) -> None:
    client.force_login(aud)
    assert "1 waits" in " ".join(text_of(client, "oversight").split())
    assert "Different people in one case" in text_of(client, "alerts")
    page = text_of(client, "alert", alert.pk)
    for words in ("3 people", "4 searches", "One person opened", "Ola Nordmann", "2026-001"):
        assert words in page
    assert reverse("search", args=[search.pk]) in page
    assert "<img" not in page.split("<main")[1]
    assert "You are the only one" in page
    client.post(reverse("alert_take", args=[alert.pk]))
    values = {"disposition": "justified", "note": NOTE}
    response = client.post(reverse("alert_close", args=[alert.pk]), values)
    assert response.status_code == 302
    page = text_of(client, "alert", alert.pk)
    assert NOTE in page
    assert "Justified" in page
    assert "No alert is open" in text_of(client, "alerts")
    assert "Different people" in text_of(client, "alerts", state="closed", decision="justified")
    assert "No alert is like that" in text_of(
        client, "alerts", state="closed", decision="false_alarm"
    )
    with scope(alder.pk):
        seen = list(
            AuditEntry.objects.filter(actor_id=aud.pk, action__startswith="alert").values_list(
                "action", flat=True
            )
        )
    assert seen.count("alert.viewed") == 2
    assert seen.count("alerts.listed") == 4


def test_a_wrong_decision_shows_the_form_again(
    client: Client, alder: Agency, aud: User, alert: MisuseAlert
) -> None:
    client.force_login(aud)
    client.post(reverse("alert_take", args=[alert.pk]))
    address = reverse("alert_close", args=[alert.pk])
    for values in ({"note": ""}, {"disposition": "x", "note": NOTE}, {"disposition": "justified"}):
        assert client.post(address, values).status_code == 422
    short = {"disposition": "justified", "note": "short"}
    response = client.post(address, short)
    assert response.status_code == 422
    assert "at least 10 characters" in response.content.decode()
    with scope(alder.pk):
        assert MisuseAlert.objects.get().closed_at is None


def test_for_whom_it_concerns_there_is_none(
    client: Client, alder: Agency, ola: User, alert: MisuseAlert
) -> None:
    client.force_login(ola)
    assert "waits" not in text_of(client, "oversight")
    assert "No alert is open" in text_of(client, "alerts")
    assert "Different people in one case" in text_of(client, "alert_statistics")  # the rule alone
    with scope(alder.pk):
        before = MisuseAlert.objects.values().get()
    for name in ("alert", "alert_hand_over", "alert_close", "alert_reopen"):
        assert client.get(reverse(name, args=[alert.pk])).status_code == 404
    assert client.post(reverse("alert_take", args=[alert.pk])).status_code == 404
    values = {"disposition": "false_alarm", "note": NOTE}
    assert client.post(reverse("alert_close", args=[alert.pk]), values).status_code == 404
    with scope(alder.pk):
        assert MisuseAlert.objects.values().get() == before


def test_another_agency_sees_nothing(
    client: Client, birch: Agency, alder: Agency, alert: MisuseAlert
) -> None:
    client.force_login(join(birch, "aud@birch.example", "Aud", Role.AUDITOR))
    assert "No alert is open" in text_of(client, "alerts")
    assert client.get(reverse("alert", args=[alert.pk])).status_code == 404
    assert client.post(reverse("alert_take", args=[alert.pk])).status_code == 404
    with scope(alder.pk):
        assert MisuseAlert.objects.get().owner_id is None


def test_the_statistic_has_a_line_for_each_rule(
    client: Client, aud: User, alert: MisuseAlert
) -> None:
    client.force_login(aud)
    page = text_of(client, "alert_statistics")
    for rule in RULES.values():
        assert str(rule.title) in page
    assert page.count("too few") == 2 * len(RULES)


def test_handing_over_offers_only_who_may_have_it(
    client: Client, alder: Agency, aud: User, alert: MisuseAlert
) -> None:
    other = join(alder, "ove@alder.example", "Ove", Role.AUDITOR)
    client.force_login(aud)
    client.post(reverse("alert_take", args=[alert.pk]))
    page = text_of(client, "alert_hand_over", alert.pk)
    assert "ove@alder.example" in page
    assert "ola@alder.example" not in page
    values = {"user_id": other.pk, "reason": "I am away for three weeks"}
    assert client.post(reverse("alert_hand_over", args=[alert.pk]), values).status_code == 302
    with scope(alder.pk):
        assert MisuseAlert.objects.get().owner_id == other.pk
