"""After a backup of the database was restored: erase again what receipts say was erased."""

import json
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.actor import Actor
from accounts.commands import AgencyCommand
from galleries.erasing.proving import KIND
from galleries.models import ErasureCause, ErasureTarget
from galleries.services.erasing import LIVE, request_erasure
from portal import signing
from searches.faults import Fault


class Command(AgencyCommand):
    help = (
        "Ask again for the erasures of signed receipts whose rows a restored backup brought back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("receipts", nargs="+", type=Path, help="as saved from the portal")

    def work(self, actor: Actor, **options: Any) -> None:
        for path in options["receipts"]:
            document = _verified(path, actor.agency)
            target = ErasureTarget(document["target"])
            ids = [uuid.UUID(text) for text in document["ids"]]
            there = list(LIVE[target].filter(pk__in=ids).values_list("pk", flat=True))
            if not there:
                self.stdout.write(f"{path.name}: nothing of it is there")
                continue
            try:
                erasure = request_erasure(
                    actor=actor,
                    target=target,
                    ids=there,
                    cause=ErasureCause(document["cause"]),
                    reason=f"Erased again after a restore, by the receipt {document['erasure']}",
                    submission_key=uuid.uuid4(),
                )
            except Fault as fault:
                raise CommandError(f"{path.name}: {fault.message}") from fault
            self.stdout.write(f"{path.name}: {len(there)} of {len(ids)} again, {erasure.pk}")


def _verified(path: Path, agency_id: int) -> dict[str, Any]:
    """The document of a receipt. Raises CommandError unless it is ours, signed, of this agency."""
    try:
        saved = json.loads(path.read_text())
        document: dict[str, Any] = saved["document"]
        signature = signing.Signature(saved["key_id"], saved["signature"])
        signing.verify(KIND, document, signature)
    except (OSError, ValueError, KeyError, TypeError, signing.BadSignature) as error:
        raise CommandError(f"{path} is no receipt of this installation: {error}") from error
    if document["agency"] != agency_id:
        raise CommandError(f"{path} is a receipt of another agency")
    return document
