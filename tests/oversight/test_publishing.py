"""Signed heads reach files, mailboxes and web addresses, and nothing inside the network."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from oversight.faults import Fault
from oversight.models import Delivery, Destination
from oversight.publishing.delivering import deliver_all, deliver_due
from oversight.services.destinations import add_destination, remove_destination
from portal import signing
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.models import AuditEntry
from portal.audit.recorder import record
from portal.tenancy import scope

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
As = Callable[[User, Agency], Actor]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.PUBLISH_DIR = tmp_path / "published"
    return Path(settings.PUBLISH_DIR)


@pytest.fixture
def admin(ada: User, alder: Agency, as_actor: As) -> Actor:
    return as_actor(ada, alder)


def something_happens(agency: Agency) -> None:
    record(command_actor("test", agency.pk), Action.CASE_VIEWED)
    take_checkpoint(agency.pk)


def verified(text: str | bytes) -> dict[str, Any]:
    """The document of a published head, after its signature was checked."""
    found = json.loads(text)
    signature = signing.Signature(found["key_id"], found["signature"])
    signing.verify("checkpoint", found["document"], signature)
    document: dict[str, Any] = found["document"]
    return document


class Receiver:
    """A web server that notes what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.status = 204
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.got.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/heads"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.PUBLISH_HOSTS = ["127.0.0.1"]
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def test_heads_are_written_to_files(alder: Agency, admin: Actor, folder: Path) -> None:
    with scope(alder.pk):
        add_destination(actor=admin, kind="file", target="anything/../ignored")
    something_happens(alder)
    something_happens(alder)
    assert deliver_all() == 2
    files = sorted((folder / "alder").iterdir())
    assert [verified(path.read_text())["number"] for path in files] == [1, 2]
    assert deliver_all() == 0


def test_the_platforms_heads_are_always_written(folder: Path, alder: Agency) -> None:
    take_checkpoint(None)
    deliver_all()
    (path,) = (folder / "platform").iterdir()
    assert verified(path.read_text())["agency"] is None


def test_heads_are_mailed_without_content(alder: Agency, admin: Actor) -> None:
    with scope(alder.pk):
        add_destination(actor=admin, kind="email", target="court@example.org")
    something_happens(alder)
    deliver_all()
    (message,) = mail.outbox
    assert message.to == ["court@example.org"]
    ((_, content, _),) = message.attachments
    assert verified(content)["agency"] == alder.pk


def test_heads_are_posted(alder: Agency, admin: Actor, receiver: Receiver) -> None:
    with scope(alder.pk):
        add_destination(actor=admin, kind="webhook", target=receiver.url)
    something_happens(alder)
    deliver_all()
    assert [verified(body)["number"] for body in receiver.got] == [1]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_was_not_taken_is_tried_again_later(
    alder: Agency, admin: Actor, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    with scope(alder.pk):
        add_destination(actor=admin, kind="webhook", target=receiver.url)
    something_happens(alder)
    assert deliver_all() == 0
    with scope(alder.pk):
        row = Delivery.objects.get()
        assert row.sent_at is None
        assert row.problem
        assert row.next_try_at > timezone.now()
        assert deliver_due(alder.pk) == 0
        assert len(receiver.got) == 1
        receiver.status = 200
        Delivery.objects.update(next_try_at=timezone.now())
        assert deliver_due(alder.pk) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://example.org/",
        "https://user:password@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org",
        "https://",
        "",
        "http://127.0.0.1/",
    ],
)
def test_addresses_that_are_none_are_refused(alder: Agency, admin: Actor, target: str) -> None:
    with scope(alder.pk):
        with pytest.raises(Fault, match="destination_no_web"):
            add_destination(actor=admin, kind="webhook", target=target)
        assert not Destination.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "[::1]", "localhost"])
def test_nothing_is_posted_into_the_network(alder: Agency, admin: Actor, host: str) -> None:
    with scope(alder.pk):
        add_destination(actor=admin, kind="webhook", target=f"https://{host}/")
    something_happens(alder)
    assert deliver_all() == 0
    with scope(alder.pk):
        assert Delivery.objects.get().problem == "ConnectionError"


def test_a_new_place_gets_the_last_head_at_once_and_each_place_is_there_once(
    alder: Agency, admin: Actor
) -> None:
    something_happens(alder)
    with scope(alder.pk):
        place = add_destination(actor=admin, kind="file", target="")
        assert Delivery.objects.get().checkpoint == 1
        with pytest.raises(Fault, match="destination_known"):
            add_destination(actor=admin, kind="file", target="")
        remove_destination(actor=admin, destination=place)
        remove_destination(actor=admin, destination=place)
        actions = AuditEntry.objects.filter(action__startswith="destination.")
        assert sorted(actions.values_list("action", flat=True)) == [
            "destination.added",
            "destination.removed",
        ]
    something_happens(alder)
    assert deliver_all() == 0


def test_the_page_adds_and_removes(client: Client, ada: User, alder: Agency) -> None:
    client.force_login(ada)
    something_happens(alder)
    address = reverse("publishing")
    assert client.get(address).status_code == 200
    wrong = client.post(address, {"kind": "email", "target": "nobody"})
    assert wrong.status_code == 422
    assert "destination_no_mail" in wrong.content.decode() or "e-mail" in wrong.content.decode()
    client.post(address, {"kind": "email", "target": "court@example.org"})
    with scope(alder.pk):
        place = Destination.objects.get()
    deliver_all()
    assert "court@example.org" in client.get(address).content.decode()
    client.post(reverse("destination_remove", args=[place.pk]))
    assert "court@example.org" not in client.get(address).content.decode()


def test_strangers_and_people_without_the_right_change_nothing(
    client: Client, ada: User, alder: Agency, ana: User, bob: User, admin: Actor
) -> None:
    with scope(alder.pk):
        place = add_destination(actor=admin, kind="file", target="")
    for user, status in ((ana, 403), (bob, 404)):
        client.force_login(user)
        address = reverse("destination_remove", args=[place.pk])
        assert client.post(address).status_code == status
    client.force_login(ana)
    sent = {"kind": "email", "target": "court@example.org"}
    assert client.post(reverse("publishing"), sent).status_code == 403
    with scope(alder.pk):
        assert Destination.objects.get().removed_at is None
