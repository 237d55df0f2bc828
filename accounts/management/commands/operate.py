"""Change how the installation works from its own machine, when no page answers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.services.operating import set_mode
from portal.models import Mode


class Command(BaseCommand):
    help = "Switch maintenance or read-only on, or everything back to normal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mode", choices=Mode.values)
        parser.add_argument("--reason", required=True, help="at least 10 characters; it is kept")

    def handle(self, *args: Any, **options: Any) -> None:
        mode = Mode(options["mode"])
        try:
            set_mode(actor=command_actor("operate", None), mode=mode, reason=options["reason"])
        except Fault as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(f"{mode.value}: every process knows within seconds.")
