"""Webhooks: what is told, signed how, delivered when, and nowhere inside the network."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
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
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from accounts.webhooks import claiming
from accounts.webhooks.acts import replay, send_test
from accounts.webhooks.claiming import Answer, claim_next, settle
from accounts.webhooks.delivering import forget_all, sweep
from accounts.webhooks.endpoints import EndpointFacts, add_endpoint, rotate_secret
from accounts.webhooks.events import emit
from galleries.models import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from galleries.services import erasing
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.services.searching import run_search
from tests.api.caller import Caller, code
from tests.api.hooks_cast import NEW, acts, delivered, due_now, happens, the_delivery
from tests.api.webhook_receiver import Receiver
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
