"""Bring a backup back into an empty installation, and erase again what was erased since."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from accounts.actor import command_actor
from galleries.erasing.proving import NotErased
from galleries.erasing.rewriting import StillSeen
from galleries.key_checks import unopened
from galleries.services.erasing_again import erase_all_again
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.backups import restoring
from portal.backups.admin import admin_connection, close_gate, open_gate
from portal.backups.errors import BackupError
from portal.backups.making import JOURNAL
from portal.backups.manifest import Manifest, read_manifest, verify
from portal.backups.passphrases import read_passphrase
from portal.backups.sealed_keys import put_keys_back
from portal.database.gate import passage
from portal.erasure_journal import Journal, JournalDamaged
from searches.faults import Fault

FINISH = "The portal stays closed. When it is mended: manage.py restore --finish SOURCE"


class Command(BaseCommand):
    help = "Restore a backup into an empty database and file store. See docs/backups.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="the folder of the backup")
        parser.add_argument(
            "--finish", action="store_true", help="go on with a restore that was interrupted"
        )
        parser.add_argument("--keys", type=Path, metavar="FILE", help="put these keys back first")
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
        parser.add_argument(
            "--journal",
            type=Path,
            action="append",
            default=[],
            metavar="FOLDER",
            help="a further folder of the erasure journal",
        )
        parser.add_argument(
            "--without-journal",
            action="store_true",
            help="the journal is lost: what was erased since the backup comes back",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["source"].absolute()
        try:
            if options["keys"] is not None:
                put_keys_back(options["keys"], read_passphrase(options["passphrase_file"]))
                _begin_anew(source, options)
            manifest = read_manifest(source) if options["finish"] else verify(source)
            journal = self._journal(source, manifest, options)
            if options["finish"]:
                restoring.require_closed()
            else:
                self._bring_back(source, manifest)
            self._finish(manifest, journal)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _journal(self, source: Path, manifest: Manifest, options: dict[str, Any]) -> Journal | None:
        if options["without_journal"]:
            return None
        return restoring.gather_journal(manifest, [source.parent / JOURNAL, *options["journal"]])

    def _bring_back(self, source: Path, manifest: Manifest) -> None:
        restoring.require_versions(manifest)
        restoring.require_empty()
        connection.close()
        with admin_connection() as admin:
            close_gate(admin)
        restoring.restore_files(source)
        restoring.restore_database(source, manifest)
        self.stdout.write(f"{source}: {manifest.document['files']['count']} files and the database")

    def _finish(self, manifest: Manifest, journal: Journal | None) -> None:
        """Bring the tables up to date, erase again, write it down, and open the gate."""
        with passage():
            call_command("migrate", verbosity=0, interactive=False)
            if wrong := unopened(manifest.document["key_checks"]):
                raise BackupError(
                    "wrong_keys",
                    f"The master key does not open the agencies {', '.join(wrong)}. {FINISH}",
                )
            counts = _erase_again(journal) if journal else {}
            with transaction.atomic():
                facts = {
                    "sha256": manifest.sha256,
                    "made_at": manifest.document["made_at"],
                    "erased_again": counts,
                    "journal": journal is not None,
                }
                record(command_actor("restore", None), Action.BACKUP_RESTORED, data=facts)
            connection.close()
        with admin_connection() as admin:
            open_gate(admin)
        told = ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "nothing"
        self.stdout.write(f"Erased again: {told}. The portal is open.")


def _erase_again(journal: Journal) -> dict[str, int]:
    try:
        return erase_all_again(journal).counts
    except JournalDamaged as error:
        raise BackupError("journal_damaged", f"{error}. {FINISH}") from error
    except (Fault, NotErased, StillSeen) as error:
        raise BackupError("not_erased_again", f"{error}. {FINISH}") from error


def _begin_anew(source: Path, options: dict[str, Any]) -> None:
    """The same command in this process's place: the keys were read when it began."""
    command = [sys.executable, sys.argv[0], "restore", str(source)]
    command += ["--finish"] if options["finish"] else []
    command += ["--without-journal"] if options["without_journal"] else []
    for folder in options["journal"]:
        command += ["--journal", str(folder)]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted
