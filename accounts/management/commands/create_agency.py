"""Create an agency and its first admin."""

from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import command_actor
from accounts.models import AgencyState, Role
from accounts.services.agencies import add_member, create_agency
from accounts.services.licenses.trial import DAYS, SEARCHES


class Command(BaseCommand):
    help = "Create an agency and its first admin, whose password is asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--jurisdiction", default="")
        parser.add_argument("--contact-name", default="")
        parser.add_argument("--contact-email", default="")
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--active", action="store_true", help="not on trial")
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--admin-name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        password = getpass("Password of the admin: ")
        actor = command_actor("create_agency", None)
        try:
            validate_password(password)
            agency = create_agency(
                actor=actor,
                name=options["name"],
                slug=options["slug"],
                jurisdiction=options["jurisdiction"],
                contact_name=options["contact_name"],
                contact_email=options["contact_email"],
                time_zone=options["time_zone"],
                state=AgencyState.ACTIVE if options["active"] else AgencyState.TRIAL,
            )
            add_member(
                actor=command_actor("create_agency", agency.pk),
                agency=agency,
                email=options["admin_email"],
                name=options["admin_name"],
                roles=[Role.ADMIN],
                password=password,
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{agency.name} is ready; {options['admin_email']} may log in.")
        if options["active"]:
            self.stdout.write("It has no license yet: enter one under /platform/ so it can search.")
        else:
            self.stdout.write(f"Its trial license covers {DAYS} days and {SEARCHES} searches.")
