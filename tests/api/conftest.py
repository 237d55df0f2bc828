"""A whole portal (web, worker, database) for programs that call its API over the network."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Agency, Role
from portal.demo.processes import wait_for_portal
from tests.api.caller import Caller, caller
from tests.api.webhook_receiver import Receiver, receiving
from tests.searches.installation import installation
from tests.searches.office import PASSWORD, Office
from tests.searches.processes import free_port

# Ana is there already (tests/searches/office.py); the others come, and everybody gets a token.
TOKENS = """
import json
from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.models import Role, User
from accounts.services.agencies import add_member
from tests.factories import make_token
alder = agency_by_slug("alder")
people = {"ana": User.objects.get(email="ana@alder.example")}
roles = {"ada": Role.ADMIN, "eli": Role.EXAMINER, "eve": Role.EXAMINER}
for name, role in roles.items():
    people[name] = add_member(
        actor=command_actor("test", alder.pk), agency=alder, email=f"{name}@alder.example",
        name=name.title(), roles=[role], password=%(password)r,
    ).user
print(json.dumps({name: make_token(alder, user)[1] for name, user in people.items()}))
"""


@dataclass(frozen=True)
class Site:
    """A running portal, a token of each person, and what there is to work with."""

    url: str
    tokens: dict[str, str]
    office: Office

    @property
    def picture(self) -> Path:
        return self.office.picture


@pytest.fixture(scope="package")
def site(models: Path) -> Iterator[Site]:
    """Uploads of imports come in parts of a megabyte."""
    with installation(models) as place:
        place.environment["CANDOR_IMPORT_PART_MB"] = "1"
        office = Office(place)
        told = place.manage("shell", "-v", "0", "-c", TOKENS % {"password": PASSWORD})
        tokens = json.loads(told.splitlines()[-1])
        place.worker()
        port = free_port()
        web, _ = place.start("serve", "--bind", f"127.0.0.1:{port}", "--processes", "1")
        try:
            wait_for_portal(port)
            yield Site(f"http://127.0.0.1:{port}", tokens, office)
        finally:
            web.terminate()
            web.wait(20)


# --- Webhooks -----------------------------------------------------------------------------------


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
