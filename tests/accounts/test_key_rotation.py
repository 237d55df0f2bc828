"""Keys of every level are rotated while everything stays readable, killed midway and resumed."""

import io
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from accounts.access import files_of
from accounts.login.factors import FactorAdapter
from accounts.models import Agency, User
from accounts.offboarding.file_keys import stored_keys
from accounts.services import resealing
from accounts.services.resealing import is_resealing, reseal_files, sweep_resealing
from portal import datakeys, keys, masterkeys, platform_key
from portal.audit.models import AuditEntry
from portal.datakeys import load, version_of
from portal.masterkeys import trial
from portal.storage import FileStore
from portal.tenancy import platform_scope, scope
from searches.models import Probe
from tests.factories import make_case, make_probe, person_jpeg
from tests.portal.vault_stand_in import TOKEN, vault

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What `kill -9` is to a process: nothing catches it."""


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    datakeys.forget_keys()
    yield
    masterkeys.forget_providers()
    datakeys.forget_keys()
    trial.forget_trial()


@pytest.fixture
def probes(alder: Agency) -> dict[str, bytes]:
    """Three pictures of Alder: the keys of their files, and what is in them."""
    with scope(alder.pk):
        case = make_case(alder)
        for seed in (1, 2, 3):
            make_probe(case, person_jpeg(seed), analysed=False)
        store = files_of(alder.pk)
        return {key: store.get(key) for key in stored_keys(alder.pk)}


def ring_of(agency: Agency) -> datakeys.Ring:
    with platform_scope():
        return load(bytes(Agency.objects.get(pk=agency.pk).data_key))


def versions(agency: Agency) -> list[int]:
    """By which version each stored file is sealed, as it lies on the disk."""
    folder = Path(django_settings.FILES_DIR) / str(agency.pk)
    return sorted(version_of(path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def rotate(*words: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *words, stdout=out)
    return out.getvalue()


def entries(agency: Agency, action: str) -> list[dict[str, Any]]:
    with scope(agency.pk):
        found = AuditEntry.objects.filter(agency_id=agency.pk, action=action).order_by("pk")
        return [entry.data for entry in found]


def test_a_rotation_that_is_killed_midway_goes_on_and_everything_is_readable_all_the_time(
    alder: Agency, probes: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, bells: list[Any]
) -> None:
    monkeypatch.setattr(resealing, "FILES_PER_BATCH", 1)
    with scope(alder.pk):
        old_text = files_of(alder.pk).seal_text("why", "row")
        mark = files_of(alder.pk).fingerprint("picture")
        before = {probe: probe.capture_place for probe in Probe.objects.all()}

    def readable() -> bool:
        with scope(alder.pk):
            store = files_of(alder.pk)
            texts = {probe: Probe.objects.get(pk=probe.pk).capture_place for probe in before}
            return (
                {key: store.get(key) for key in probes} == probes
                and texts == before
                and store.unseal_text(old_text, "row") == "why"
                and store.fingerprint("picture") == mark
            )

    rotate("agency", "--agency", "alder")
    assert (versions(alder), readable()) == ([1, 1, 1], True)
    assert entries(alder, "key.rotated") == [{"version": 2}]
    whole, left = FileStore.reseal, [1]

    def killed(store: FileStore, key: str) -> bool:
        left[0] -= 1
        done = whole(store, key)
        if left[0] < 0:
            raise Killed
        return done

    monkeypatch.setattr(FileStore, "reseal", killed)
    with scope(alder.pk), pytest.raises(Killed):
        reseal_files(alder.pk)
    monkeypatch.setattr(FileStore, "reseal", whole)
    assert (versions(alder), readable()) == ([1, 2, 2], True)
    assert ring_of(alder).at == min(probes), "the batch that was killed is done again"
    with scope(alder.pk):
        fresh = files_of(alder.pk).put(b"new")
    assert (sweep_resealing(), is_resealing(ring_of(alder))) == (1, True)
    with scope(alder.pk):
        reseal_files(alder.pk)
        assert files_of(alder.pk).get(fresh) == b"new"
        assert version_of(files_of(alder.pk).seal_text("why", "row")) == 2
        assert version_of(old_text) == 1
    assert (versions(alder), readable()) == ([2, 2, 2, 2], True)
    assert (sweep_resealing(), is_resealing(ring_of(alder))) == (0, False)
    # Of three files one was sealed by the batch that was killed, and is not counted twice.
    assert entries(alder, "key.files_resealed") == [{"version": 2, "files": 2, "of": 3}]


def test_the_master_key_is_exchanged_and_then_the_old_one_is_not_needed(
    alder: Agency, birch: Agency, probes: dict[str, bytes], tmp_path: Path, settings: Any
) -> None:
    """In the file of one machine; each process has the old key until it is started anew."""
    original = settings.MASTER_KEY
    settings.VAR_DIR, path = tmp_path, tmp_path / "keys" / "master.key"
    settings.MASTER_KEY = keys.parse(keys.load_or_create(path))
    with pytest.raises(CommandError, match="wrapped by"):
        rotate("master")
    settings.RETIRED_MASTER_KEYS = [original]
    rotate("master")
    rotate("new-master")
    assert path.stat().st_mode & 0o777 == 0o600
    retired = path.with_name("retired-master.keys")
    assert keys.parse("".join(keys.lines_of(retired))) == settings.MASTER_KEY
    settings.RETIRED_MASTER_KEYS = [settings.MASTER_KEY]
    settings.MASTER_KEY = keys.parse(path.read_text().strip())
    datakeys.forget_keys()
    with scope(alder.pk):
        assert {key: files_of(alder.pk).get(key) for key in probes} == probes
    assert "to be replaced" in rotate("status")
    rotate("agency", "--all")
    rotate("master")
    assert "to be replaced" not in rotate("status")
    assert entries(birch, "keys.rewrapped")[-1] == {"provider": "local", "versions": 2}
    settings.RETIRED_MASTER_KEYS = []
    datakeys.forget_keys()
    with scope(alder.pk):
        assert {key: files_of(alder.pk).get(key) for key in probes} == probes


def test_an_installation_moves_from_a_file_to_vault_and_forgets_the_file(
    alder: Agency, ana: User, probes: dict[str, bytes], settings: Any
) -> None:
    """Also what a local key sealed itself, before the platform had a key of its own."""
    adapter = FactorAdapter()
    secret = adapter.encrypt("by the platform's key")
    older = keys.seal(settings.MASTER_KEY, b"by the master key", "second-factor")
    stored = b64encode(older).decode()
    kinds = {"totp": {"secret": stored}, "recovery_codes": {"seed": secret, "used_mask": 3}}
    for kind, data in kinds.items():
        Authenticator.objects.create(user=ana, type=kind, data=data)
    with vault() as served:
        settings.KEY_PROVIDER = f"vault-transit:{served.address}"
        settings.RETIRED_KEY_PROVIDERS = ["local"]
        settings.VAULT_TOKEN, settings.VAULT_TOKEN_FILE = TOKEN, ""
        served.sealed = True
        with pytest.raises(CommandError, match="run it again"):
            rotate("master")
        served.sealed = False
        rotate("master")
        rotate("platform")
        rotate("master")  # does nothing more
        settings.RETIRED_KEY_PROVIDERS, settings.MASTER_KEY = [], b""
        datakeys.forget_keys()
        assert set(ring_of(alder).labels) == {"vault-transit:keys-of-candor/master"}
        with scope(alder.pk):
            assert {key: files_of(alder.pk).get(key) for key in probes} == probes
        assert adapter.decrypt(secret) == "by the platform's key"
        assert platform_key.unseal(older, "second-factor") == b"by the master key"
        totp, codes = [Authenticator.objects.get(user=ana, type=kind).data for kind in kinds]
        assert adapter.decrypt(totp["secret"]) == "by the master key"
        assert adapter.decrypt(codes["seed"]) == "by the platform's key"
        assert codes["used_mask"] == 3
        for text in (totp["secret"], codes["seed"]):
            assert platform_key.is_current(b64decode(text))
        assert version_of(b64decode(adapter.encrypt("new")).removeprefix(b"cndrplt1")) == 2
        with pytest.raises(keys.KeyProblem):
            platform_key.unseal(older, "another place")


def test_a_ring_says_nothing_and_a_version_takes_no_other_place(alder: Agency) -> None:
    rotate("agency", "--agency", "alder")
    ring = ring_of(alder)
    assert sorted(ring.wrapped) == [1, 2]
    swapped = replace(ring, wrapped={1: ring.wrapped[2], 2: ring.wrapped[1]})
    for stored in (swapped.dump(), ring.dump()[:-9], b"cndrrng1{}", b""):
        with pytest.raises(keys.KeyProblem):
            datakeys.open_ring(stored, "agency-data-key:alder")
    with pytest.raises(CommandError):
        rotate("agency", "--agency", "nobody")
    assert ring_of(alder) == ring
