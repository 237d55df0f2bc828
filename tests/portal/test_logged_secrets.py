"""No secret gets into the logs at DEBUG: ways in, tokens, invitations, links, factors, keys."""

import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.access import files_of, memberships_of
from accounts.banner import accept_all
from accounts.models import Agency, User
from accounts.services.agencies import data_key_identity
from portal.datakeys import forget_keys, open_ring
from portal.keys import KeyProblem
from portal.post import wait_until_sent
from portal.storage import MissingFile
from portal.tenancy import scope
from tests.conftest import PASSWORD
from tests.factories import make_webhook
from tests.portal.test_logs import Lines
from tests.portal.test_logs import lines as lines
from tests.second_factor import SECRET, give_app, next_code

pytestmark = pytest.mark.django_db
WRONG = "wrong horse battery staple"
NEW = "seven green lamps at noon"


@pytest.fixture
def secrets(lines: Lines) -> Iterator[set[str]]:
    """What a test calls secret; afterwards the logs are searched for every one of them."""
    found: set[str] = set()
    yield found
    assert lines.everything.count("\n") > 10
    assert [one for one in found if len(one) < 6 or one in lines.everything] == []


def logged_in(user: User, secrets: set[str]) -> Client:
    """By password and code, each tried wrongly before."""
    give_app(user)
    client, code = Client(), next_code(user.email)
    for password in (WRONG, PASSWORD):
        client.post(reverse("account_login"), {"login": user.email, "password": password})
    for given in ("918273", code):
        client.post(reverse("mfa_authenticate"), {"code": given})
    assert "_auth_user_id" in client.session
    secrets |= {PASSWORD, WRONG, SECRET, "918273", code, str(client.session.session_key)}
    secrets |= {cookie.value for cookie in client.cookies.values() if cookie.value}
    session = client.session
    accept_all(session, memberships_of(user))
    session.save()
    return client


def links(name: str) -> list[str]:
    wait_until_sent()
    bodies = "\n".join(str(message.body) for message in mail.outbox)
    return re.findall(rf"{name}/([^/\s]{{6,}})/", bodies)


def test_ways_in_and_back_in(
    alder: Agency, ana: User, secrets: set[str], django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(ana, secrets)
    codes = RecoveryCodes.activate(ana).get_unused_codes()
    other = Client()
    other.post(reverse("account_login"), {"login": ana.email, "password": PASSWORD})
    other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    values = {"old_password": WRONG, "new_password1": NEW, "new_password2": NEW}
    for old in (WRONG, PASSWORD):
        client.post(reverse("password_change"), {**values, "old_password": old})
    with django_capture_on_commit_callbacks(execute=True):  # its mail
        Client().post(reverse("account_reset_password"), {"email": ana.email})
    (key,) = links("forgotten")
    page = Client().get(f"/login/forgotten/{key}/", follow=True)
    assert page.status_code == 200
    secrets |= {*codes, NEW, key, key.partition("-")[2]}


def test_tokens_invitations_and_webhooks(
    alder: Agency, ada: User, secrets: set[str], django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(ada, secrets)
    form = {"name": "night run", "permissions": ["people.manage"], "days": 7}
    page = client.post(reverse("token_new"), form).content.decode()
    (token,) = set(re.findall(r"candor_\w+", page))
    for given in (token, token[:-1] + "x"):
        Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {given}"})
        Client().get(f"/api/v1/me/?token={given}")
        secrets.add(given)
    invited = {"email": "zoe@alder.example", "roles": ["analyst"], "language": "en"}
    with django_capture_on_commit_callbacks(execute=True):  # its mail
        client.post(reverse("invite"), invited)
    (link,) = links("invitation")
    Client().post(reverse("invitation", args=[link]), {"name": "Zoe", "password": NEW})
    _, webhook = make_webhook(alder, "https://hooks.example.org/x")
    secrets |= {link, NEW, webhook, webhook.removeprefix("whsec_")}


def test_keys(alder: Agency, secrets: set[str], settings: Any) -> None:
    """In use and refused: no error repeats a key, nor the secret of a file in its row."""
    forget_keys()
    ring = open_ring(bytes(alder.data_key), data_key_identity(alder.slug))
    with scope(alder.pk):
        store = files_of(alder.pk)
    place = store.put(b"a picture")
    secrets.add(place.rpartition("/")[2])
    for key in (settings.MASTER_KEY, settings.SIGNING_KEY, *ring.keys.values()):
        secrets |= {key.hex(), b64encode(key).decode(), repr(key)}
    secrets.add(settings.SECRET_KEY)
    settings.MASTER_KEY = bytes(32)
    forget_keys()
    refused = partial(open_ring, bytes(alder.data_key), data_key_identity(alder.slug))
    lost = partial(store.get, place.replace("/", "/0", 1))
    for use in (refused, lost, partial(ring.unseal, b"no seal", "x")):
        try:
            use()
        except (KeyProblem, MissingFile, ValueError):
            logging.getLogger("portal.test").exception("refused")
        else:
            pytest.fail("it was not refused")
    for _ in range(10):
        logging.getLogger("portal.test").debug("%r %r", ring, alder)
