"""`quota check`: prove that ledger, reservations and counters say the same."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Agency
from accounts.services.proving import prove
from portal.tenancy import platform_scope


class Command(BaseCommand):
    help = "Prove that the usage ledger equals the reservations and the counters; changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check"])

    def handle(self, *args: Any, **options: Any) -> None:
        with platform_scope():
            agencies = list(Agency.objects.order_by("slug"))
        wrong = 0
        for agency in agencies:
            differences = prove(agency)
            wrong += bool(differences)
            for difference in differences:
                self.stdout.write(f"{agency.slug}: {difference}")
        if wrong:
            raise CommandError(f"The ledger does not add up: {wrong} of {len(agencies)} agencies")
        self.stdout.write(f"The ledger adds up for {len(agencies)} agencies.")
