"""Write an export of a record to a file, as the operator."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.access import agency_by_slug
from accounts.actor import command_actor
from portal.audit.actions import Action
from portal.audit.exporting import export_stream
from portal.audit.recorder import record


class Command(BaseCommand):
    help = "Export the record of an agency, or of the platform, as a ZIP that verifies by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--agency", metavar="SLUG", help="the agency's short name")
        whose.add_argument("--platform", action="store_true", help="the platform's own record")
        parser.add_argument("--contents", action="store_true", help="with what people wrote")
        parser.add_argument("file", type=Path, help="is made; must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        agency_id = chain_named(options["agency"])
        actor = command_actor("export_record", agency_id)
        facts = {"filters": [], "contents": options["contents"]}
        try:
            with options["file"].open("xb") as out:
                with transaction.atomic():
                    record(actor, Action.RECORD_EXPORTED, data=facts)
                parts = export_stream(
                    agency_id, made_by=actor.label, with_contents=options["contents"]
                )
                out.writelines(parts)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        self.stdout.write(f"{options['file']}: {options['file'].stat().st_size} bytes")


def chain_named(slug: str | None) -> int | None:
    """The agency of that short name; None for the platform."""
    if slug is None:
        return None
    agency = agency_by_slug(slug)
    if agency is None:
        raise CommandError(f"There is no agency {slug!r}")
    return agency.pk
