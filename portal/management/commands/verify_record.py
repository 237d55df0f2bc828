"""Check the records of this installation where they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Agency, FormerRecord
from accounts.moving.former import verify_kept
from portal.audit.candor_verify import DAMAGE, Report, checkpoints_in, shown
from portal.audit.checkpoints import last_checkpoint, take_checkpoint
from portal.audit.linking import link_pending, scope_of
from portal.audit.live import verify_live
from portal.management.commands.export_record import chain_named
from portal.tenancy import platform_scope


class Command(BaseCommand):
    help = "Verify every record in the database (or one), as candor_verify.py verifies an export."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--agency", metavar="SLUG", help="one agency; default: all records")
        whose.add_argument("--platform", action="store_true", help="the platform's own record")
        parser.add_argument(
            "--checkpoint",
            action="append",
            type=Path,
            default=[],
            metavar="FILE",
            help="one that was published earlier: the strongest check",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files: list[Path] = options["checkpoint"]
            outside = [c for file in files for c in checkpoints_in(file.read_bytes(), str(file))]
        except DAMAGE as error:
            raise CommandError(f"no checkpoint: {error}") from error
        wrong = 0
        for name, agency_id in self._chains(options):
            _have_a_checkpoint(agency_id)
            mine = [c for c in outside if c.agency == agency_id]
            wrong += self._say(verify_live(agency_id, name, mine))
            wrong += sum(map(self._say, _former_records(agency_id, name)))
        if wrong:
            raise CommandError("The record is not as it was written; see above")

    def _chains(self, options: dict[str, Any]) -> list[tuple[str, int | None]]:
        if options["platform"] or options["agency"]:
            name = options["agency"] or "the platform"
            return [(name, chain_named(options["agency"]))]
        with platform_scope():
            agencies = list(Agency.objects.order_by("slug").values_list("slug", "pk"))
        return [("the platform", None), *agencies]

    def _say(self, report: Report) -> int:
        self.stdout.write(f"== {shown(report.name)}")
        for line in report.lines():
            self.stdout.write(line)
        return len(report.findings)


def _former_records(agency_id: int | None, name: str) -> Iterator[Report]:
    """The closed chains that an agency brought along, by the keys that came with them."""
    if agency_id is None:
        return
    with scope_of(agency_id):
        for former in FormerRecord.objects.all():
            report = verify_kept(former)
            report.name = f"{name}, from before it came here: {former.slug_there}, {former.key_id}"
            yield report


def _have_a_checkpoint(agency_id: int | None) -> None:
    """Link what waits, and sign a head where there is none yet; no others are made here."""
    link_pending(agency_id)
    with scope_of(agency_id):
        known = last_checkpoint(agency_id)
    if known is None:
        take_checkpoint(agency_id)
