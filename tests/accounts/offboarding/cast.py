"""A closed agency, its export and its destruction, for the tests of an end."""

import base64
import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, DestructionReceipt, Offboarding, User
from accounts.offboarding import tables
from accounts.services.agency_lifecycle import close_agency
from accounts.services.offboarding_job import run_offboarding
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope

OPERATOR = command_actor("test", None)
REASON = "The contract has ended"


def close(agency: Agency) -> Agency:
    return close_agency(actor=OPERATOR, agency=agency, reason=REASON)


def run(agency: Agency) -> Offboarding:
    """What a worker does when the bell rings."""
    with scope(agency.pk):
        run_offboarding(agency.pk)
    return row_of(agency)


def row_of(agency: Agency) -> Offboarding:
    with scope(agency.pk):
        return Offboarding.objects.get()


def download(client: Client, agency: Agency) -> zipfile.ZipFile:
    response = client.post(reverse("export_download", args=[agency.pk]))
    assert response.status_code == 200, response.content
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))  # type: ignore[attr-defined]


def lines(archived: zipfile.ZipFile, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archived.read(path).splitlines()]


def actions(agency_id: int | None) -> list[str]:
    with scope(agency_id) if agency_id else platform_scope():
        found = AuditEntry.objects.filter(agency_id=agency_id, action__startswith="offboarding.")
        return list(found.order_by("id").values_list("action", flat=True))


def all_rows(agency: Agency) -> dict[str, list[str]]:
    """Every row of an agency, as JSON."""
    with scope(agency.pk), connection.cursor() as cursor:
        found = {}
        for table in tables.tenant_tables():
            cursor.execute(
                f"SELECT to_jsonb(t)::text FROM {table.name} t WHERE agency_id = %s ORDER BY 1",
                [agency.pk],
            )
            found[table.name] = [row[0] for row in cursor.fetchall()]
        return found


def all_files(agency: Agency) -> dict[str, bytes]:
    folder = Path(settings.FILES_DIR) / str(agency.pk)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def destroyed(client: Client, agency: Agency, ada: User) -> Offboarding:
    """Exported, downloaded, confirmed by Ada, destroyed."""
    run(agency)
    client.force_login(ada)
    download(client, agency)
    confirm(client, agency)
    return run(agency)


def confirm(client: Client, agency: Agency, name: str = "alder") -> int:
    address = reverse("export_destroy", args=[agency.pk])
    return client.post(address, {"short_name": name}).status_code


def receipt_of(agency: Agency) -> DestructionReceipt:
    with platform_scope():
        return DestructionReceipt._base_manager.get(agency_id=agency.pk)


def verified(kind: str, document: dict[str, Any], signature: dict[str, str]) -> bool:
    """As docs/agencies.md says it is done, with nothing of Candor."""
    key = base64.b64decode(document["public_key"])
    assert sha256(key).hexdigest()[:16] == signature["key_id"]
    signed = f"candor {kind}\n".encode() + rfc8785.dumps(document)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature["value"]), signed)
    except InvalidSignature:
        return False
    return True
