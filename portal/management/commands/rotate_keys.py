"""The operator's rotation of keys, without downtime: docs/keys.md has it step by step."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import agency_by_slug
from accounts.actor import command_actor
from accounts.services import key_rotation, resealing, text_resealing
from accounts.services.platform_secrets import reseal_secrets
from portal import keys
from portal.away import PartAway
from portal.backups.errors import BackupError
from portal.masterkeys import current_label
from portal.masterkeys.specs import LOCAL
from portal.tenancy import scope


class Command(BaseCommand):
    help = "Rotate the master key, the data key of agencies, or the platform's key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            choices=(
                *("status", "new-master", "master", "agency", "platform"),
                *("texts", "end-versions"),
            ),
        )
        parser.add_argument("--agency", metavar="SLUG", help="the short name of one agency")
        parser.add_argument("--all", action="store_true", help="all agencies")
        parser.add_argument(
            "--now", action="store_true", help="re-seal files here instead of in a worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what'].replace('-', '_')}")(options)
        except (BackupError, text_resealing.StillSealed) as error:
            raise CommandError(str(error)) from error
        except (PartAway, keys.KeyProblem) as error:
            raise CommandError(f"{error}. What was done stays done: run it again") from error

    def _status(self, options: dict[str, Any]) -> None:
        present = current_label()
        for label, number in sorted(key_rotation.labels_in_use().items()):
            note = "present" if label == present else "to be replaced by `rotate_keys master`"
            self.stdout.write(f"{label or 'local, without a label'}: {number} rings ({note})")
        waiting = resealing.sweep_resealing()
        self.stdout.write(f"Agencies whose files are being sealed anew: {waiting}")

    def _new_master(self, options: dict[str, Any]) -> None:
        """Exchange the local key in its file; the old one goes on opening what it wrapped."""
        path = Path(settings.VAR_DIR) / "keys" / "master.key"
        held = "".join(keys.lines_of(path))
        if settings.KEY_PROVIDER != LOCAL or not held or keys.parse(held) != settings.MASTER_KEY:
            raise CommandError(
                f"The master key does not come from {path}. Set a new CANDOR_MASTER_KEY, and the"
                " old one as CANDOR_RETIRED_MASTER_KEYS, on every host"
            )
        fresh = path.with_name("master.key.next")
        keys.load_or_create(fresh)
        _append(path.with_name("retired-master.keys"), held)
        os.replace(fresh, path)
        self.stdout.write("Restart every process, then run: manage.py rotate_keys master")

    def _master(self, options: dict[str, Any]) -> None:
        actor = command_actor("rotate_keys", None)
        changed = sum(
            key_rotation.rewrap_agency(actor=actor, agency_id=pk)
            for pk in key_rotation.agencies_with_keys()
        )
        changed += key_rotation.rewrap_platform(actor=actor)
        reseal_secrets(key_rotation.agencies_with_keys())
        self.stdout.write(f"{changed} rings are now wrapped by {current_label()}")

    def _agency(self, options: dict[str, Any]) -> None:
        actor = command_actor("rotate_keys", None)
        for agency_id in self._chosen(options):
            key_rotation.rotate_agency(actor=actor, agency_id=agency_id)
            if options["now"]:
                with scope(agency_id):
                    resealing.reseal_files(agency_id, seconds=float("inf"))
            self.stdout.write(f"Agency {agency_id} has a new version of its data key")

    def _texts(self, options: dict[str, Any]) -> None:
        """Needs the administrator of the database: triggers let nobody else change such rows."""
        actor = command_actor("rotate_keys", None)
        for agency_id in self._chosen(options):
            done = text_resealing.reseal_texts(actor=actor, agency_id=agency_id)
            self.stdout.write(
                f"Agency {agency_id}: {done.texts} texts are now sealed by version {done.version};"
                f" {done.left} could not be opened"
            )

    def _end_versions(self, options: dict[str, Any]) -> None:
        actor = command_actor("rotate_keys", None)
        for agency_id in self._chosen(options):
            ended = text_resealing.end_old_versions(actor=actor, agency_id=agency_id)
            told = ", ".join(map(str, ended)) or "none"
            self.stdout.write(
                f"Agency {agency_id}: versions of its data key destroyed: {told}."
                " The first stays: fingerprints of erased pictures are made by it"
            )

    def _platform(self, options: dict[str, Any]) -> None:
        key_rotation.rotate_platform(actor=command_actor("rotate_keys", None))
        done = reseal_secrets(key_rotation.agencies_with_keys())
        self.stdout.write(f"The platform has a new version of its key; {done} secrets follow it")

    def _chosen(self, options: dict[str, Any]) -> list[int]:
        known = key_rotation.agencies_with_keys()
        if options["all"]:
            return known
        found = agency_by_slug(options["agency"] or "")
        if found is None or found.pk not in known:
            raise CommandError("Say --agency SLUG of an agency that has a key, or --all")
        return [found.pk]


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
