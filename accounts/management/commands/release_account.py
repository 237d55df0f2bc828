"""Let a person log in again whom nobody else can release."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import command_actor
from accounts.faults import Fault
from accounts.models import User
from accounts.services.locking import release_from_platform


class Command(BaseCommand):
    help = "End the lock of a log-in, such as that of an agency's only administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}")
        try:
            release_from_platform(actor=command_actor("release_account", None), user=user)
        except Fault as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(f"{user.email} may log in again.")
