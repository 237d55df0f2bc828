"""Back up database, files and, apart from them, keys."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.actor import command_actor
from galleries.key_checks import key_checks
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.backups.errors import BackupError
from portal.backups.keeping import remove_old
from portal.backups.making import make_backup
from portal.backups.manifest import verify
from portal.backups.passphrases import read_passphrase
from portal.backups.sealed_keys import write_keys


class Command(BaseCommand):
    help = "Back up database and files into a new folder, or verify a backup. See docs/backups.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="a new folder; beside it lie other backups")
        parser.add_argument("--verify", action="store_true", help="only check the backup there")
        parser.add_argument(
            "--keep", type=int, metavar="N", help="remove all but the N newest backups beside it"
        )
        parser.add_argument(
            "--keys", type=Path, metavar="FILE", help="seal the keys of var/keys/ into this file"
        )
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep takes a number of at least 1")
        try:
            if options["verify"]:
                self._tell("whole", options["target"], verify(options["target"]).document)
            else:
                self._make(options["target"].absolute(), options)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _make(self, target: Path, options: dict[str, Any]) -> None:
        if options["keys"] is not None:
            self._write_keys(target, options["keys"].absolute(), options["passphrase_file"])
        manifest = make_backup(target, key_checks())
        with transaction.atomic():
            actor = command_actor("backup", None)
            record(actor, Action.BACKUP_MADE, data={"sha256": manifest.sha256})
        self._tell("made", target, manifest.document)
        if options["keep"] is not None:
            for path in remove_old(target.parent, options["keep"]):
                self.stdout.write(f"{path}: removed")

    def _write_keys(self, target: Path, file: Path, passphrase_file: Path | None) -> None:
        if target.parent in file.parents:
            raise BackupError(
                "keys_with_data",
                f"{file} lies with the backups: whoever takes both has everything. Choose a folder"
                f" outside of {target.parent}",
            )
        names = write_keys(file, read_passphrase(passphrase_file, twice=True))
        self.stdout.write(f"{file}: {', '.join(names)}, sealed")

    def _tell(self, what: str, path: Path, document: dict[str, Any]) -> None:
        rows = sum(document["database"]["rows"].values())
        files = document["files"]["count"]
        self.stdout.write(f"{path}: {what}; {rows} rows, {files} files, {document['made_at']}")
