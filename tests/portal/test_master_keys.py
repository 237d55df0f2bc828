"""Providers of the master key: what they wrap, what they refuse, and when they are away."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.access import files_of
from accounts.models import Agency, User
from accounts.permissions import Permission
from accounts.services.agencies import data_key_identity
from portal import datakeys, masterkeys
from portal.away import KeyServiceAway
from portal.doctor.files import check_master_key
from portal.doctor.problems import Problem
from portal.keys import KeyProblem
from portal.masterkeys import trial
from portal.masterkeys.base import MAGIC, pack, unpack
from portal.masterkeys.specs import SpecProblem, parse_spec
from portal.observing import readiness
from portal.tenancy import platform_scope, scope
from searches.models import JobState, Probe
from searches.services.probes import analyse_probe
from tests.factories import make_case, make_probe, make_token, person_jpeg
from tests.portal.aws_stand_in import aws, new_kms_key
from tests.portal.vault_stand_in import TOKEN, Vault, vault

KEY = bytes(range(32))
NOWHERE = "vault-transit:http://127.0.0.1:9/keys-of-candor/master"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    yield
    masterkeys.forget_providers()
    datakeys.forget_keys()
    trial.forget_trial()


@pytest.fixture
def at_vault(settings: Any) -> Iterator[Vault]:
    with vault() as found:
        settings.KEY_PROVIDER = f"vault-transit:{found.address}"
        settings.VAULT_TOKEN, settings.VAULT_TOKEN_FILE = TOKEN, ""
        yield found


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws() as address:
        yield address


@pytest.fixture
def at_kms(moto: str, settings: Any) -> str:
    arn = new_kms_key()
    settings.KEY_PROVIDER = f"aws-kms:{arn}"
    return arn


def refuses_all_others(settings: Any) -> None:
    """A wrapped key opens under its own identity alone, whole, and with nothing said about it."""
    wrapped = masterkeys.wrap(KEY, "agency-data-key:alder")
    assert KEY not in wrapped
    assert masterkeys.unwrap(wrapped, "agency-data-key:alder") == KEY
    label, inner = unpack(wrapped)
    assert label == masterkeys.current_label()
    damaged = pack(label, inner[:-5] + bytes([inner[-5] ^ 1]) + inner[-4:])
    for stored, identity in [
        (wrapped, "agency-data-key:birch"),
        (damaged, "agency-data-key:alder"),
        (pack(f"{label}x", inner), "agency-data-key:alder"),
        (MAGIC + b"\xff", "agency-data-key:alder"),
    ]:
        with pytest.raises(KeyProblem):
            masterkeys.unwrap(stored, identity)
    settings.KEY_PROVIDER = "local"
    with pytest.raises(KeyProblem, match="do not name"):
        masterkeys.unwrap(wrapped, "agency-data-key:alder")


def test_a_key_of_vault_opens_what_it_wrapped_and_nothing_else(
    at_vault: Vault, settings: Any
) -> None:
    before = masterkeys.wrap(KEY, "x")
    at_vault.rotate()
    assert masterkeys.unwrap(before, "x") == KEY, "Vault's own rotation needs nothing here"
    refuses_all_others(settings)


def test_an_old_vault_that_binds_nothing_does_not_matter(at_vault: Vault, settings: Any) -> None:
    at_vault.old = True
    refuses_all_others(settings)


def test_a_key_of_kms_opens_what_it_wrapped_and_nothing_else(
    at_kms: str, settings: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    refuses_all_others(settings)
    assert b64encode(KEY).decode() not in caplog.text, "botocore logs bodies at DEBUG"


def test_a_local_key_that_was_replaced_still_opens(settings: Any) -> None:
    old, wrapped = settings.MASTER_KEY, masterkeys.wrap(KEY, "x")
    settings.MASTER_KEY = b"n" * 32
    with pytest.raises(KeyProblem):
        masterkeys.unwrap(wrapped, "x")
    settings.RETIRED_MASTER_KEYS = [old]
    assert masterkeys.unwrap(wrapped, "x") == KEY
    assert unpack(masterkeys.wrap(KEY, "x"))[0] != unpack(wrapped)[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "file",
        "aws-kms:alias/candor",
        "aws-kms:arn:aws:kms:eu-central-1:111122223333:alias/candor",
        "vault-transit:http://vault.example/transit/candor",
        "vault-transit:https://vault.example/candor",
    ],
)
def test_a_provider_is_named_exactly(text: str) -> None:
    with pytest.raises(SpecProblem):
        parse_spec(text)


def test_what_vault_refuses_is_an_absence_and_not_a_damaged_key(
    at_vault: Vault, settings: Any, tmp_path: Any
) -> None:
    wrapped = masterkeys.wrap(KEY, "x")
    at_vault.sealed = True
    with pytest.raises(KeyServiceAway):
        masterkeys.unwrap(wrapped, "x")
    at_vault.sealed = False
    settings.VAULT_TOKEN = "another"
    with pytest.raises(KeyServiceAway):
        masterkeys.unwrap(wrapped, "x")
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    settings.VAULT_TOKEN_FILE = str(path)
    assert masterkeys.unwrap(wrapped, "x") == KEY, "the file of Vault's agent is read each time"
    settings.KEY_PROVIDER += "-other"
    with pytest.raises(KeyServiceAway, match="no such key"):
        masterkeys.wrap(KEY, "x")


def test_a_key_that_kms_does_not_know_or_that_nobody_answers_for_is_away(
    at_kms: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped = masterkeys.wrap(KEY, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    masterkeys.forget_providers()
    with pytest.raises(KeyServiceAway, match="EndpointConnectionError"):
        masterkeys.unwrap(wrapped, "x")
    monkeypatch.undo()
    masterkeys.forget_providers()
    assert masterkeys.unwrap(wrapped, "x") == KEY
    settings.KEY_PROVIDER = f"aws-kms:{at_kms[:-4]}0000"
    with pytest.raises(KeyServiceAway, match="NotFoundException"):
        masterkeys.wrap(KEY, "x")


@pytest.mark.django_db
def test_an_agency_is_remembered_for_a_while_and_its_key_is_never_logged(
    at_vault: Vault, alder: Agency, monkeypatch: pytest.MonkeyPatch, caplog: Any, settings: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    identity = data_key_identity(alder.slug)
    with platform_scope():
        Agency.objects.filter(pk=alder.pk).update(data_key=datakeys.new_ring(identity))
    at_vault.asked.clear()
    with scope(alder.pk):
        sealed = files_of(alder.pk).seal_text("why", "x")
        assert [files_of(alder.pk).unseal_text(sealed, "x") for _ in range(3)] == ["why"] * 3
        assert len(at_vault.asked) == 1
        at_vault.sealed = True
        assert files_of(alder.pk).unseal_text(sealed, "x") == "why"
        monkeypatch.setattr(datakeys, "REMEMBERED_SECONDS", -1)
        datakeys.forget_keys()
        with pytest.raises(KeyServiceAway):
            files_of(alder.pk)
        at_vault.sealed = False
        ring = datakeys.open_ring(bytes(Agency.objects.get(pk=alder.pk).data_key), identity)
    key = ring.keys[datakeys.FIRST]
    assert repr(key) not in repr(ring)
    for secret in (key.hex(), repr(key), TOKEN):
        assert secret not in caplog.text


@pytest.mark.django_db
def test_readiness_and_doctor_tell_that_the_service_is_away(
    client: Client, at_vault: Vault, settings: Any
) -> None:
    ready = reverse("ready")
    readiness.forget()
    assert (client.get(ready).status_code, "opened again" in check_master_key()) == (200, True)
    at_vault.sealed = True
    trial.forget_trial()
    readiness.forget()
    assert client.get(ready).status_code == 503
    asked = len(at_vault.asked)
    readiness.forget()
    assert client.get(ready).json()["missing"] == ["keys"]
    assert len(at_vault.asked) == asked, "whoever asks for the health does not flood the service"
    assert client.get(reverse("health")).status_code == 200, "the process itself lives"
    with pytest.raises(Problem, match="Vault"):
        check_master_key()


@pytest.mark.django_db
def test_what_needs_the_keys_waits_for_them_and_says_so(
    client: Client, alder: Agency, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page and the API answer 503 with a code; a job stays open however often it was tried."""
    with scope(alder.pk):
        probe = make_probe(make_case(alder), person_jpeg(1), analysed=False)
        Probe.objects.filter(pk=probe.pk).update(attempts=settings.JOB_MAX_ATTEMPTS - 1)
    token = make_token(alder, ana, Permission.SEARCH)[1]

    def away(*args: Any) -> None:
        raise KeyServiceAway("Vault: VaultDown")

    monkeypatch.setattr("accounts.access.open_store", away)
    with scope(alder.pk):
        for _ in range(3):
            with pytest.raises(KeyServiceAway):
                analyse_probe(probe.pk)
        probe.refresh_from_db()
    assert (probe.state, probe.attempts, probe.failure_code) == (JobState.QUEUED, 0, "")
    client.force_login(ana)
    page = client.get(reverse("probe_original", args=[probe.pk]))
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "key_service_away" in page.content.decode()
    asked = {"Authorization": f"Bearer {token}"}
    answer = client.get(reverse("api_probe", args=[probe.pk]), headers=asked)
    assert (answer.status_code, answer.json()["code"]) == (503, "key_service_away")
