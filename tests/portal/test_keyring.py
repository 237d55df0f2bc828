"""One signing key names the next; the files of a key are never left half changed."""

import io
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal import keys, signing
from portal.audit.keyring import hand_over, keys_document
from portal.audit.models import AuditEntry, KeyChange
from portal.tenancy import platform_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_key(tmp_path: Path, settings: Any) -> Path:
    """An installation whose key lies in its own file."""
    settings.VAR_DIR = tmp_path
    path = tmp_path / "keys" / "signing.key"
    settings.SIGNING_KEY = keys.parse(keys.load_or_create(path))
    settings.RETIRED_SIGNING_KEYS = []
    return path


def test_the_old_key_signs_the_name_of_the_new_one(own_key: Path, settings: Any) -> None:
    old = signing.public_key()
    call_command("rotate_signing_key", stdout=io.StringIO())
    change = KeyChange.objects.get()
    settings.SIGNING_KEY = keys.parse(own_key.read_text().strip())
    settings.RETIRED_SIGNING_KEYS = [
        keys.parse(line) for line in keys.lines_of(own_key.with_name("retired.keys"))
    ]
    assert [old] == settings.RETIRED_SIGNING_KEYS
    assert change.document["new_key_id"] == signing.key_id_of(signing.public_key())
    assert b64decode(change.document["new_public_key"]) == signing.public_key()
    signed = signing.signed_bytes("key-change", change.document)
    Ed25519PublicKey.from_public_bytes(old).verify(b64decode(change.signature), signed)
    with pytest.raises(InvalidSignature):
        key = Ed25519PublicKey.from_public_bytes(signing.public_key())
        key.verify(b64decode(change.signature), signed)
    shown = keys_document()
    assert {key["key_id"] for key in shown["keys"]} == {
        change.document["old_key_id"],
        change.document["new_key_id"],
    }
    assert shown["changes"] == [{"document": change.document, "signature": change.signature}]
    with platform_scope():
        entry = AuditEntry.objects.get(action="signing_key.changed")
    assert entry.data["new_key_id"] == change.document["new_key_id"]


def test_files_are_private_and_nothing_is_left_over(own_key: Path) -> None:
    call_command("rotate_signing_key", stdout=io.StringIO())
    assert own_key.stat().st_mode & 0o077 == 0
    assert {path.name for path in own_key.parent.iterdir()} == {"signing.key", "retired.keys"}


def test_a_key_of_the_environment_needs_a_place_for_the_new_one(
    own_key: Path, settings: Any, tmp_path: Path
) -> None:
    settings.SIGNING_KEY = bytes(range(32))
    before = own_key.read_text()
    with pytest.raises(CommandError, match="--to"):
        call_command("rotate_signing_key", stdout=io.StringIO())
    assert not KeyChange.objects.exists()
    out = io.StringIO()
    call_command("rotate_signing_key", "--to", str(tmp_path / "new.key"), stdout=out)
    assert "CANDOR_RETIRED_SIGNING_KEYS" in out.getvalue()
    assert own_key.read_text() == before
    assert keys.parse((tmp_path / "new.key").read_text().strip()) != settings.SIGNING_KEY


def test_a_key_does_not_follow_itself(own_key: Path, settings: Any) -> None:
    with pytest.raises(ValueError, match="old one"):
        hand_over(settings.SIGNING_KEY)
    assert not KeyChange.objects.exists()


@pytest.mark.parametrize("verb", ["UPDATE {} SET signature = ''", "DELETE FROM {}"])
def test_statements_are_written_once(own_key: Path, verb: str) -> None:
    call_command("rotate_signing_key", stdout=io.StringIO())
    with pytest.raises(DatabaseError, match="denied"), transaction.atomic():
        connection.cursor().execute(verb.format("audit_keychange"))
