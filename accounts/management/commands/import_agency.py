"""Bring an agency in from the export that another installation made of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.moving.faults import MoveRefused
from accounts.moving.rules import left_tables
from accounts.services.invitations import send_back
from accounts.services.moving import Moved, import_agency
from portal.away import PartAway
from portal.database.owner import NoOwner, as_owner


class Command(BaseCommand):
    help = "Import an agency from the export of another installation (docs/moving.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the export, as its agency downloaded it")
        parser.add_argument("--as", dest="slug", default="", metavar="NAME", help="short name here")
        parser.add_argument(
            "--match-people",
            action="store_true",
            help="an address that somebody here has belongs to the same person",
        )
        parser.add_argument(
            "--key", default="", help="public key of the former installation, in base64"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = command_actor("import_agency", None)
        try:
            with as_owner():
                moved = import_agency(
                    actor=actor,
                    path=options["file"],
                    slug=options["slug"],
                    match_people=options["match_people"],
                    key=options["key"],
                )
        except NoOwner as error:
            raise CommandError(f"import_no_owner: {error}") from error
        except MoveRefused as refused:
            where = f" ({refused.where})" if refused.where else ""
            raise CommandError(f"{refused.code}: {refused.message}{where}") from refused
        except PartAway as away:
            raise CommandError(f"{away}. Nothing was imported") from away
        self._tell(moved, options["key"])
        self._invite(moved)

    def _tell(self, moved: Moved, key: str) -> None:
        self.stdout.write(
            f"{moved.agency.name} is here as {moved.agency.slug}: {moved.rows} rows,"
            f" {moved.files} files, a former record of {moved.entries} entries that verifies."
        )
        if not key:
            self.stdout.write(
                f"It was signed by the key {moved.key_id}. Compare that with what the former"
                " installation publishes: no --key was given."
            )
        self.stdout.write("It can read and not search until it has a license.")
        left: dict[str, list[str]] = {}
        for table, why in sorted(left_tables().items()):
            left.setdefault(why, []).append(table)
        for why, tables in left.items():
            self.stdout.write(f"  left behind, {why}: {', '.join(tables)}")

    def _invite(self, moved: Moved) -> None:
        for one in moved.invited:
            try:
                send_back(one.invitation, moved.agency, one.token)
            except Fault as fault:
                self.stderr.write(f"{one.invitation.email}: {fault.message}")
        self.stdout.write(f"{len(moved.invited)} people are invited.")
