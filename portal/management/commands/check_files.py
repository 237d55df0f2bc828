"""The file store against the rows: strays are removed, missing files are named."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import agency_by_slug
from accounts.services.key_rotation import agencies_with_keys
from accounts.services.strays import check_files
from portal.away import PartAway
from portal.tenancy import scope


class Command(BaseCommand):
    help = "Remove stored files that no row names, and name rows whose file is missing or damaged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--agency", metavar="SLUG", help="one agency; all unless said")
        parser.add_argument("--read", action="store_true", help="open every file, too")
        parser.add_argument(
            "--remove-many", action="store_true", help="remove strays however many they are"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        try:
            for agency_id in self._chosen(options["agency"]):
                wrong += self._check(agency_id, options)
        except PartAway as away:
            raise CommandError(f"{away}. Nothing is lost: run it again") from away
        if wrong:
            raise CommandError(f"{wrong} findings need somebody to look at them")

    def _check(self, agency_id: int, options: dict[str, Any]) -> int:
        with scope(agency_id):
            found = check_files(agency_id, remove_many=options["remove_many"], read=options["read"])
        act = "left: too many, look first, then --remove-many" if found.kept else "removed"
        self.stdout.write(
            f"Agency {agency_id}: {found.files} files, {len(found.strays)} strays {act},"
            f" {len(found.missing)} missing, {len(found.unreadable)} damaged"
        )
        for name in found.missing:
            self.stdout.write(f"  missing: {name}")
        for name in found.unreadable:
            self.stdout.write(f"  damaged: {name}")
        return len(found.missing) + len(found.unreadable) + found.kept

    def _chosen(self, slug: str | None) -> list[int]:
        if slug is None:
            return agencies_with_keys()
        found = agency_by_slug(slug)
        if found is None:
            raise CommandError(f"There is no agency {slug!r}")
        return [found.pk]
