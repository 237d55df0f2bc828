"""A new signing key, named by the old one."""

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.actor import command_actor
from portal import keys, signing
from portal.audit.actions import Action
from portal.audit.keyring import hand_over
from portal.audit.recorder import record


class Command(BaseCommand):
    help = "Make a new signing key that the present one names as its successor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            type=Path,
            help="file for the new private key (needed when CANDOR_SIGNING_KEY is set)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        own = Path(settings.VAR_DIR) / "keys" / "signing.key"
        in_place = options["to"] is None
        if in_place and not _is_current(own):
            raise CommandError("CANDOR_SIGNING_KEY is set: say with --to where the new key goes")
        target: Path = own.with_name("signing.key.next") if in_place else options["to"]
        new = keys.parse(keys.load_or_create(target))
        old = b64encode(signing.public_key()).decode("ascii")
        with transaction.atomic():
            change = hand_over(new)
            ids = {name: change.document[name] for name in ("old_key_id", "new_key_id")}
            record(command_actor("rotate_signing_key", None), Action.SIGNING_KEY_CHANGED, None, ids)
        if in_place:
            _retire(own.with_name("retired.keys"), old)
            os.replace(target, own)
        self._tell(change.document["new_key_id"], None if in_place else target, old)

    def _tell(self, new_key_id: str, target: Path | None, old: str) -> None:
        self.stdout.write(f"The signing key is now {new_key_id}; the one before named it.")
        if target is not None:
            self.stdout.write(f"Set CANDOR_SIGNING_KEY_FILE={target} on every host, and add to")
            self.stdout.write(f"CANDOR_RETIRED_SIGNING_KEYS: {old}")
        self.stdout.write("Restart every process. Publish the new public key beside the old one.")


def _is_current(path: Path) -> bool:
    try:
        return keys.parse(path.read_text(encoding="ascii").strip()) == settings.SIGNING_KEY
    except (OSError, keys.KeyProblem):
        return False


def _retire(path: Path, public_key: str) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(public_key + "\n")
        file.flush()
        os.fsync(file.fileno())
