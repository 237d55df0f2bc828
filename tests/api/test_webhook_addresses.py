"""Webhooks over the API and on their pages: added, changed, tried, sent again, by admins."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import (
    Agency,
    EventType,
    Role,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.api.caller import Caller, caller, code
from tests.api.hooks_cast import NEW, acts, delivered, happens, the_delivery
from tests.api.webhook_receiver import Receiver
from tests.factories import (
    make_webhook,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


# --- The API -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("names")
def test_a_webhook_is_added_over_the_api_and_its_secret_shown_once(admin_api: Caller) -> None:
    made = admin_api.post("api_webhooks", data=NEW)
    assert made.status_code == 201
    said = made.json()
    secret = said.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    one = admin_api.get("api_webhook", said["id"])
    assert one.json() == said
    assert made["Location"] == one.request["PATH_INFO"]
    assert secret not in admin_api.get("api_webhooks").content.decode()
    with scope(admin_api.agency.pk), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM accounts_webhookendpoint t")
        assert secret.removeprefix("whsec_") not in cursor.fetchone()[0]
    with scope(admin_api.agency.pk):
        entry = AuditEntry.objects.get(action="webhook.added")
        assert entry.data == {"events": ["search.stage"]}
        assert entry.actor_id == admin_api.user.pk


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []},
        {"events": ["webhook.test"]},
        {"events": ["search.everything"]},
        {"url": ""},
        {"url": "https://8.8.8.8/" + "x" * 500},
    ],
)
def test_a_wrong_field_is_named(admin_api: Caller, wrong: dict[str, Any]) -> None:
    refused = admin_api.post("api_webhooks", data={**NEW, **wrong})
    assert code(refused) == (422, "input_invalid")
    (error,) = refused.json()["errors"]
    assert error["field"].split(".")[0] in wrong


@pytest.mark.usefixtures("names")
def test_a_webhook_is_changed_stopped_and_removed(admin_api: Caller) -> None:
    pk = make_webhook(admin_api.agency)[0].pk
    changed = admin_api.call("put", "api_webhook", pk, data={**NEW, "description": "Records"})
    assert changed.json()["events"] == ["search.stage"]
    assert changed.json()["description"] == "Records"
    inside = {**NEW, "url": "https://10.0.0.1/"}
    assert code(admin_api.call("put", "api_webhook", pk, data=inside)) == (422, "webhook_address")
    stopped = admin_api.post("api_webhook_disable", pk).json()
    assert (stopped["disabled_by"], bool(stopped["disabled_at"])) == ("hand", True)
    assert admin_api.post("api_webhook_enable", pk).json()["disabled_by"] == ""
    assert admin_api.post("api_webhook_rotate", pk).json()["secret"].startswith("whsec_")
    assert admin_api.call("delete", "api_webhook", pk).status_code == 204
    assert code(admin_api.get("api_webhook", pk)) == (404, "not_found")
    names = "changed disabled enabled secret_rotated removed"
    assert acts(admin_api.agency) == [f"webhook.{name}" for name in names.split()]


@pytest.mark.usefixtures("names")
def test_there_are_ten_at_most(admin_api: Caller) -> None:
    for _ in range(10):
        make_webhook(admin_api.agency)
    assert code(admin_api.post("api_webhooks", data=NEW)) == (422, "webhooks_full")


def test_a_test_is_sent_delivered_and_sent_again(admin_api: Caller, receiver: Receiver) -> None:
    endpoint, secret = make_webhook(admin_api.agency, receiver.url, [EventType.SEARCH_STATE])
    sent = admin_api.post("api_webhook_test", endpoint.pk)
    assert sent.status_code == 202
    assert (sent.json()["state"], sent.json()["type"]) == ("waiting", "webhook.test")
    assert delivered(admin_api.agency) == 1
    (row,) = admin_api.get("api_webhook_deliveries", endpoint.pk).json()["results"]
    assert (row["state"], row["status_code"], row["attempts"]) == ("delivered", 204, 1)
    assert row["data"] == {"webhook": str(endpoint.pk)}
    again = admin_api.post("api_webhook_replay", row["id"])
    assert again.status_code == 202
    assert (again.json()["state"], again.json()["attempts"]) == ("waiting", 0)
    assert delivered(admin_api.agency) == 1
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [row["webhook_id"]] * 2
    for headers, body in receiver.got:
        Webhook(secret).verify(body, headers)
    assert acts(admin_api.agency) == ["webhook.tested", "webhook.replayed"]


def test_a_disabled_webhook_takes_nothing(admin_api: Caller, receiver: Receiver) -> None:
    endpoint, _ = make_webhook(admin_api.agency, receiver.url)
    happens(admin_api.agency)
    with scope(admin_api.agency.pk):
        WebhookEndpoint.objects.update(disabled_at=timezone.now(), disabled_by="hand")
    row = the_delivery(admin_api.agency)
    assert code(admin_api.post("api_webhook_test", endpoint.pk)) == (422, "webhook_disabled")
    assert code(admin_api.post("api_webhook_replay", row.pk)) == (422, "webhook_disabled")
    assert delivered(admin_api.agency) == 0
    assert receiver.got == []


def test_deliveries_are_filtered(admin_api: Caller, receiver: Receiver) -> None:
    endpoint, _ = make_webhook(admin_api.agency, receiver.url)
    happens(admin_api.agency)
    admin_api.post("api_webhook_test", endpoint.pk)

    def listed(**query: str) -> Any:
        return admin_api.get("api_webhook_deliveries", endpoint.pk, query=query)

    assert len(listed().json()["results"]) == 2
    (row,) = listed(type="webhook.test").json()["results"]
    assert row["type"] == "webhook.test"
    assert listed(state="failed").json()["results"] == []
    assert code(listed(state="lost")) == (400, "query_invalid")


def test_lists_cost_the_same_whatever_they_list(admin_api: Caller) -> None:
    endpoint, _ = make_webhook(admin_api.agency)

    def cost(name: str, *args: uuid.UUID) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_api.get(name, *args).status_code == 200
        return len(queries)

    happens(admin_api.agency)
    pages = [("api_webhooks",), ("api_webhook_deliveries", endpoint.pk)]
    few = [cost(*page) for page in pages]  # type: ignore[arg-type]
    for _ in range(5):
        make_webhook(admin_api.agency)
        happens(admin_api.agency)
    assert [cost(*page) for page in pages] == few  # type: ignore[arg-type]


def test_another_agency_finds_nothing(alder: Agency, birch: Agency, receiver: Receiver) -> None:
    endpoint, _ = make_webhook(alder, receiver.url)
    happens(alder)
    row = the_delivery(alder)
    stranger = caller(birch, Role.ADMIN, name="eve")
    assert stranger.get("api_webhooks").json()["results"] == []
    for method, name, pk in (
        ("get", "api_webhook", endpoint.pk),
        ("get", "api_webhook_deliveries", endpoint.pk),
        ("put", "api_webhook", endpoint.pk),
        ("delete", "api_webhook", endpoint.pk),
        ("post", "api_webhook_disable", endpoint.pk),
        ("post", "api_webhook_enable", endpoint.pk),
        ("post", "api_webhook_rotate", endpoint.pk),
        ("post", "api_webhook_test", endpoint.pk),
        ("post", "api_webhook_replay", row.pk),
    ):
        assert code(stranger.call(method, name, pk)) == (404, "not_found")
    assert acts(alder) == acts(birch) == []
    with scope(alder.pk):
        assert WebhookEvent.objects.count() == 1
        assert WebhookDelivery.objects.get().next_try_at == row.next_try_at


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_only_administrators_manage_webhooks(alder: Agency, role: Role) -> None:
    endpoint, _ = make_webhook(alder)
    happens(alder)
    other = caller(alder, role, name="paul")
    row = the_delivery(alder)
    for method, name, *args in (
        ("get", "api_webhooks"),
        ("post", "api_webhooks"),
        ("get", "api_webhook", endpoint.pk),
        ("get", "api_webhook_deliveries", endpoint.pk),
        ("put", "api_webhook", endpoint.pk),
        ("delete", "api_webhook", endpoint.pk),
        ("post", "api_webhook_disable", endpoint.pk),
        ("post", "api_webhook_enable", endpoint.pk),
        ("post", "api_webhook_rotate", endpoint.pk),
        ("post", "api_webhook_test", endpoint.pk),
        ("post", "api_webhook_replay", row.pk),
    ):
        assert code(other.call(str(method), str(name), *args)) == (403, "permission_denied")
    assert acts(alder) == []


# --- The pages -----------------------------------------------------------------------------------


@pytest.fixture
def at_desk(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_the_pages_do_the_same(at_desk: Client, alder: Agency, receiver: Receiver) -> None:
    values = {"url": receiver.url, "description": "Records", "events": ["search.stage"]}
    shown = at_desk.post(reverse("webhook_new"), values)
    found = re.search(r"whsec_[A-Za-z0-9+/]{43}=", shown.content.decode())
    assert found is not None
    assert shown["Cache-Control"] == "private, no-store"
    with scope(alder.pk):
        pk = WebhookEndpoint.objects.get().pk
    assert "Records" in at_desk.get(reverse("webhooks")).content.decode()
    page = reverse("webhook", args=[pk])
    assert at_desk.post(reverse("webhook_test", args=[pk])).status_code == 302
    assert delivered(alder) == 1
    Webhook(found[0]).verify(receiver.got[0][1], receiver.got[0][0])
    text = at_desk.get(page).content.decode()
    assert receiver.got[0][0]["webhook-id"] in text
    assert found[0] not in text
    for query, rows in (({"state": "delivered"}, 1), ({"state": "failed"}, 0), ({"event": "x"}, 1)):
        assert at_desk.get(page, query).context["page"].paginator.count == rows
    again = reverse("webhook_replay", args=[the_delivery(alder).pk])
    assert at_desk.post(again).status_code == 302
    edited = {**values, "events": ["import.stage"], "description": ""}
    assert at_desk.post(reverse("webhook_edit", args=[pk]), edited).status_code == 302
    switch = reverse("webhook_switch", args=[pk])
    assert at_desk.post(switch, {"to": "off"}).status_code == 302
    assert at_desk.post(reverse("webhook_test", args=[pk])).status_code == 422
    assert at_desk.post(again).status_code == 422
    assert at_desk.post(switch, {"to": "on"}).status_code == 302
    assert "whsec_" in at_desk.post(reverse("webhook_rotate", args=[pk])).content.decode()
    assert at_desk.post(reverse("webhook_remove", args=[pk])).status_code == 302
    assert at_desk.get(page).status_code == 404
    names = "added tested replayed changed disabled enabled secret_rotated removed"
    assert acts(alder) == [f"webhook.{name}" for name in names.split()]


@pytest.mark.usefixtures("names")
def test_the_form_refuses_what_the_service_does(at_desk: Client, alder: Agency) -> None:
    tried: list[dict[str, Any]] = [{"url": "https://10.0.0.1/"}, {"events": []}, {"url": ""}]
    for wrong in tried:
        answer = at_desk.post(reverse("webhook_new"), {**NEW, **wrong})
        assert answer.status_code == 422
    with scope(alder.pk):
        assert WebhookEndpoint.objects.count() == 0


def test_the_pages_are_for_administrators_alone(
    client: Client, alder: Agency, ana: User, bob: User
) -> None:
    endpoint, _ = make_webhook(alder)
    happens(alder)
    row = the_delivery(alder)
    acts_on_it = ["switch", "rotate", "remove", "test"]
    addresses = [reverse(f"webhook_{name}", args=[endpoint.pk]) for name in acts_on_it]
    addresses += [reverse("webhook_edit", args=[endpoint.pk])]
    addresses += [reverse("webhook_replay", args=[row.pk])]
    for who, status in ((ana, 403), (bob, 404)):
        client.force_login(who)
        assert client.get(reverse("webhook", args=[endpoint.pk])).status_code == status
        assert [client.post(address).status_code for address in addresses] == [status] * 6
    assert acts(alder) == []
    with scope(alder.pk):
        assert WebhookEndpoint.objects.get().is_enabled
