"""Webhooks: what is told, signed how, delivered when, and nowhere inside the network."""

import json
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.access import operator_in
from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.models import (
    CHOSEN_EVENTS,
    Agency,
    DisabledBy,
    EventType,
    Role,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from accounts.webhooks import claiming
from accounts.webhooks.acts import replay, send_test
from accounts.webhooks.claiming import Answer, claim_next, settle
from accounts.webhooks.delivering import deliver_due, forget_all, sweep
from accounts.webhooks.endpoints import EndpointFacts, add_endpoint, rotate_secret
from accounts.webhooks.events import Data, emit
from galleries.models import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from galleries.services import erasing
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.services.searching import run_search
from tests.api.caller import Caller, caller, code
from tests.api.webhook_receiver import Receiver, receiving
from tests.factories import (
    make_case,
    make_conclusion,
    make_erasure,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    make_webhook,
    person_jpeg,
)
from tests.galleries.imports_cast import checked, packed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

NEW = {"url": "https://hooks.example.org/candor", "events": ["search.stage"]}
INSIDE = [
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://0.0.0.0/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "http://8.8.8.8/",
    "https://user:pass@8.8.8.8/",
    "ftp://8.8.8.8/",
    "https://no-such-name.invalid/",
    "https:///nothing",
    "https://2130706433/",
]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with receiving() as found:
        yield found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What names lead to, instead of the network's word."""
    known = {"hooks.example.org": "93.184.216.34"}
    ask = socket.getaddrinfo

    def looked_up(host: str, *args: Any, **kwargs: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return ask(known.get(host, host), *args, **kwargs)

    monkeypatch.setattr("portal.outgoing.socket.getaddrinfo", looked_up)
    return known


@pytest.fixture
def admin_api(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN, name="adam")


def happens(agency: Agency, event: EventType = EventType.IMPORT_STAGE) -> None:
    ids: Data = {"import": uuid.uuid4(), "gallery": uuid.uuid4(), "stage": "running"}
    with scope(agency.pk), transaction.atomic():
        emit(event, ids)


def delivered(agency: Agency) -> int:
    with scope(agency.pk):
        return deliver_due(agency.pk)


def due_now(agency: Agency) -> None:
    """As if the pause before the next try were over."""
    with scope(agency.pk):
        WebhookDelivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def the_delivery(agency: Agency) -> WebhookDelivery:
    with scope(agency.pk):
        return WebhookDelivery.objects.select_related("event").get()


def acts(agency: Agency) -> list[str]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(action__startswith="webhook.").order_by("pk")
        return [str(entry.action) for entry in found]


# --- What is delivered ---------------------------------------------------------------------------


def test_what_arrives_is_signed_after_the_scheme(alder: Agency, receiver: Receiver) -> None:
    _, secret = make_webhook(alder, receiver.url)
    happens(alder)
    assert delivered(alder) == 1
    ((headers, body),) = receiver.got
    said = Webhook(secret).verify(body, headers)
    assert (said["type"], said["data"]["stage"]) == ("import.stage", "running")
    row = the_delivery(alder)
    assert (row.state, row.status_code, row.attempts) == ("delivered", 204, 1)
    assert headers["webhook-id"] == row.event.name
    assert delivered(alder) == 0
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(body + b" ", headers)


def test_the_lines_of_the_documentation_verify_it(alder: Agency, receiver: Receiver) -> None:
    text = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
    lines = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    scope_of_it: dict[str, Any] = {}
    exec(lines, scope_of_it)
    _, secret = make_webhook(alder, receiver.url)
    happens(alder)
    delivered(alder)
    ((headers, body),) = receiver.got
    is_from_candor = scope_of_it["is_from_candor"]
    assert is_from_candor(secret, headers, body)
    assert not is_from_candor(secret, headers, body + b" ")
    assert not is_from_candor(secret, headers | {"webhook-timestamp": "1600000000"}, body)


def test_every_event_is_described(alder: Agency) -> None:
    text = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
    assert all(f"`{event}`" in text for event in EventType)


def test_after_a_rotation_both_secrets_hold_for_a_day(alder: Agency, receiver: Receiver) -> None:
    endpoint, old = make_webhook(alder, receiver.url)
    with scope(alder.pk):
        new = rotate_secret(actor=operator_in(alder, "test"), endpoint=endpoint)
    happens(alder)
    delivered(alder)
    for secret in (old, new):
        Webhook(secret).verify(receiver.got[0][1], receiver.got[0][0])
    with scope(alder.pk):
        past = timezone.now() - timedelta(seconds=1)
        WebhookEndpoint.objects.update(previous_until=past)
    happens(alder)
    delivered(alder)
    Webhook(new).verify(receiver.got[1][1], receiver.got[1][0])
    assert " " not in receiver.got[1][0]["webhook-signature"]


@pytest.mark.parametrize("status", [500, 404, 302, 199])
def test_what_was_not_taken_is_tried_again_later(
    alder: Agency, receiver: Receiver, status: int
) -> None:
    make_webhook(alder, receiver.url)
    happens(alder)
    receiver.status = status if status >= 200 else 503
    assert delivered(alder) == 1
    row = the_delivery(alder)
    assert (row.state, row.status_code) == ("waiting", receiver.status)
    assert row.next_try_at > timezone.now()
    assert delivered(alder) == 0
    receiver.status = 200
    due_now(alder)
    assert delivered(alder) == 1
    assert the_delivery(alder).state == "delivered"
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [row.event.name] * 2
    assert receiver.got[0][1] == receiver.got[1][1]
    with scope(alder.pk):
        assert WebhookEndpoint.objects.get().failing_since is None


def test_pauses_grow_and_end(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    happens(alder)
    receiver.status = 500
    for pause in claiming.PAUSES:
        before = timezone.now()
        assert delivered(alder) == 1
        row = the_delivery(alder)
        assert row.next_try_at >= before + pause
        assert row.state == "waiting"
        due_now(alder)
    assert delivered(alder) == 1
    assert the_delivery(alder).state == "failed"
    assert the_delivery(alder).attempts == 8
    due_now(alder)
    assert delivered(alder) == 0


def test_one_that_is_gone_is_disabled(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    receiver.status = 410
    happens(alder)
    delivered(alder)
    with scope(alder.pk):
        row = WebhookEndpoint.objects.get()
        assert (row.is_enabled, row.disabled_by) == (False, DisabledBy.GONE)
        entry = AuditEntry.objects.get(action="webhook.disabled")
        assert entry.data == {"by": "gone", "failures": 1}
    happens(alder)
    assert the_delivery(alder).state == "failed"
    assert len(receiver.got) == 1


def test_one_that_fails_for_five_days_is_disabled(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    receiver.status = 500
    happens(alder)
    delivered(alder)
    with scope(alder.pk):
        WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5))
    due_now(alder)
    delivered(alder)
    with scope(alder.pk):
        assert WebhookEndpoint.objects.get().disabled_by == DisabledBy.FAILING
    due_now(alder)
    assert delivered(alder) == 0
    assert acts(alder) == ["webhook.disabled"]


def test_a_failing_endpoint_does_not_hold_up_another(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    make_webhook(alder, "http://127.0.0.1:1/closed")
    for _ in range(3):
        happens(alder)
    assert delivered(alder) == 4  # three that arrive, and one try of the other
    assert len(receiver.got) == 3


def test_a_killed_workers_try_is_taken_up_again(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    happens(alder)
    with scope(alder.pk):
        killed = claim_next()
        assert killed is not None
        assert claim_next() is None  # it is held
        past = timezone.now() - timedelta(seconds=1)
        WebhookDelivery.objects.update(leased_until=past)
    assert delivered(alder) == 1
    assert the_delivery(alder).attempts == 2
    with scope(alder.pk):
        assert not settle(killed, Answer(500))  # it was not killed, only slow: too late
    assert the_delivery(alder).state == "delivered"


# --- What is written -----------------------------------------------------------------------------


@pytest.mark.usefixtures("models")
def test_a_search_is_told_of_from_beginning_to_end_and_nothing_else(alder: Agency) -> None:
    make_webhook(alder)
    with scope(alder.pk):
        gallery, case = make_gallery(alder), make_case(alder, "Secret-4711")
        make_image(gallery, "Person-99")
        search = make_search(make_probe(case, person_jpeg(1)), [gallery])
        make_conclusion(search)
        rows = [(row.type, row.data) for row in WebhookEvent.objects.order_by("happened_at")]
    assert [(kind, said["stage"], said["state"]) for kind, said in rows] == [
        ("search.state", "queued", "queued"),
        ("search.stage", "queued", "queued"),
        ("search.state", "examination", "done"),
        ("search.stage", "examination", "done"),
        ("search.stage", "second_examination", "done"),
        ("search.stage", "concluded", "done"),
        ("search.concluded", "concluded", "done"),
    ]
    ids = {"search": str(search.pk), "case": str(case.pk)}
    assert all(said.items() >= ids.items() for _, said in rows)
    text = json.dumps(rows)
    assert not [word for word in ("Secret", "Person-99", "example", "nose") if word in text]


def as_if_rewritten(erasure: Erasure) -> None:
    """Tables are rewritten outside of transactions, and this test is in one."""
    counts = erasure.counts | {"rewritten": {"tables": [], "seconds": 0.0}, "scan": None}
    erasing._enter(erasure, ErasurePhase.REWRITTEN, counts=counts)


@pytest.mark.usefixtures("models")
def test_imports_erasures_and_failures_are_told_of(alder: Agency) -> None:
    make_webhook(alder)
    with scope(alder.pk):
        gallery, case = make_gallery(alder), make_case(alder)
        checked(gallery, packed({"P-1/a.jpg": person_jpeg(3)}))
        search = make_search(make_probe(case, person_jpeg(1)), [gallery], run=False)
        make_image(gallery, "P-2")
        proved = make_erasure(gallery)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("galleries.services.erasing._rewrite", as_if_rewritten)
            erasing.run_erasure(proved.pk)
            patch.setattr("searches.services.jobs.is_working", lambda _: False)
            failed = erasing.request_erasure(
                actor=command_actor("test", alder.pk),
                target=ErasureTarget.IMAGES,
                ids=[make_image(gallery, "P-3").pk],
                cause=ErasureCause.DEMAND,
                reason="The person asked for it",
                submission_key=uuid.uuid4(),
            )
            erasing.run_erasure(failed.pk)
            run_search(search.pk)
        found = WebhookEvent.objects.order_by("happened_at")
        stages = [row.data["stage"] for row in found.filter(type="import.stage")]
        ends = [row.data for row in found.filter(type="erasure.finished")]
        last = found.filter(type="search.state").last()
    assert stages == ["checking", "ready"]
    assert ends == [
        {"erasure": str(proved.pk), "state": "done"},
        {"erasure": str(failed.pk), "state": "failed"},
    ]
    assert last is not None
    assert (last.data["state"], last.data["stage"]) == ("failed", "failed")


def test_an_act_that_is_undone_tells_nothing(alder: Agency, bells: list[Any]) -> None:
    make_webhook(alder)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        happens(alder)
        1 / 0  # noqa: B018
    with scope(alder.pk):
        assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert bells == []


def test_what_nobody_wants_is_not_written(alder: Agency, birch: Agency) -> None:
    make_webhook(alder, events=[EventType.SEARCH_STAGE])
    make_webhook(birch)
    endpoint, _ = make_webhook(alder)
    with scope(alder.pk):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            disabled_at=timezone.now(), disabled_by=DisabledBy.HAND
        )
    happens(alder)
    for agency in (alder, birch):
        with scope(agency.pk):
            assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize(
    "said",
    [
        {"import": uuid.uuid4(), "gallery": uuid.uuid4(), "stage": "Jane Doe"},
        {"import": uuid.uuid4(), "gallery": "2026-0815", "stage": "running"},
        {"import": uuid.uuid4(), "stage": "running"},
        {"import": uuid.uuid4(), "gallery": uuid.uuid4(), "stage": "done", "name": "x"},
    ],
)
def test_nothing_but_ids_and_states_can_be_told(in_alder: Agency, said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"import\.stage"):
        emit(EventType.IMPORT_STAGE, said)


def test_the_clock_rings_for_what_is_due_and_forgets_the_old(
    alder: Agency, bells: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    make_webhook(alder)
    happens(alder)
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert bells == [("accounts.tasks.deliver_webhooks", (alder.pk,))]
    assert forget_all() == 0
    with scope(alder.pk):
        WebhookEvent.objects.update(happened_at=timezone.now() - timedelta(days=31))
    assert forget_all() == 2


# --- Where it may lead ---------------------------------------------------------------------------


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("url", INSIDE)
def test_no_address_inside_is_saved(admin_api: Caller, url: str) -> None:
    refused = admin_api.post("api_webhooks", data={**NEW, "url": url})
    assert code(refused) == (422, "webhook_address")
    with scope(admin_api.agency.pk):
        assert WebhookEndpoint.objects.count() == 0
    assert acts(admin_api.agency) == []


@pytest.mark.parametrize("inner", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1"])
def test_a_name_that_leads_inside_is_refused_when_saved_and_later(
    alder: Agency, names: dict[str, str], admin_api: Caller, inner: str
) -> None:
    names["evil.example.org"] = inner
    refused = admin_api.post("api_webhooks", data={**NEW, "url": "https://evil.example.org/"})
    assert code(refused) == (422, "webhook_address")
    assert admin_api.post("api_webhooks", data=NEW).status_code == 201
    with scope(alder.pk):
        send_test(actor=operator_in(alder, "test"), endpoint=WebhookEndpoint.objects.get())
    names["hooks.example.org"] = inner  # it led elsewhere when it was saved
    assert delivered(alder) == 1
    row = the_delivery(alder)
    assert (row.state, row.status_code, row.problem) == ("waiting", None, "ConnectionError")


def test_a_redirect_is_not_followed(alder: Agency, receiver: Receiver) -> None:
    make_webhook(alder, receiver.url)
    receiver.status = 307
    happens(alder)
    delivered(alder)
    assert len(receiver.got) == 1
    row = the_delivery(alder)
    assert (row.status_code, row.problem) == (307, "TooManyRedirects")


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


# --- The services --------------------------------------------------------------------------------


def test_the_services_ask_for_the_permission_themselves(alder: Agency, ana: User) -> None:
    endpoint, _ = make_webhook(alder)
    happens(alder)
    nobody = Actor(ana.pk, "ana", alder.pk, frozenset(), "127.0.0.1")
    row = the_delivery(alder)
    tried: list[Callable[..., object]] = [
        partial(add_endpoint, facts=EndpointFacts(**NEW)),  # type: ignore[arg-type]
        partial(rotate_secret, endpoint=endpoint),
        partial(send_test, endpoint=endpoint),
        partial(replay, delivery=row),
    ]
    with scope(alder.pk):
        for act in tried:
            with pytest.raises(PermissionDenied):
                act(actor=nobody)


def test_what_was_removed_does_not_come_back(alder: Agency) -> None:
    endpoint, _ = make_webhook(alder)
    with scope(alder.pk):
        WebhookEndpoint.objects.update(removed_at=timezone.now())
        with pytest.raises(Fault, match="webhook_removed"):
            rotate_secret(actor=command_actor("test", alder.pk), endpoint=endpoint)


def test_all_events_that_can_be_chosen_are_known() -> None:
    assert set(CHOSEN_EVENTS) == set(EventType) - {EventType.TEST}
