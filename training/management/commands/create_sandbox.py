"""Make a training place, or fill the one that is there."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import agency_by_slug, operator_in
from accounts.actor import Actor
from accounts.faults import Fault as AccountFault
from accounts.models import Agency, Role
from accounts.services.invitations import invite_member
from portal.tenancy import scope
from searches.faults import Fault
from training.services.examples import add_examples
from training.services.practice import add_examiners
from training.services.sandbox import COMMAND, add_pictures, fill_gallery, make_sandbox

FEWEST, MOST = 6, 500


class Command(BaseCommand):
    help = (
        "Make a training place of drawn people: an agency with a gallery, an example, searches"
        " that wait for examiners, and pictures to practise with. Run again, it makes new searches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the short name")
        parser.add_argument("--name", default="Training", help="default: %(default)s")
        parser.add_argument("--people", type=int, default=40, help="in the gallery (%(default)s)")
        parser.add_argument("--admin-email", default="", help="invited as the first admin")
        parser.add_argument("--language", default="en", help="of the invitation (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        known = agency_by_slug(options["slug"])
        if known is not None and not known.is_sandbox:
            raise CommandError(f"{known} is an agency that works; nothing was changed")
        if not FEWEST <= options["people"] <= MOST:
            raise CommandError(f"--people must be {FEWEST} to {MOST}")
        try:
            agency = make_sandbox(name=options["name"], slug=options["slug"])
            with scope(agency.pk):
                self._fill(agency, options["people"])
                if options["admin_email"]:
                    self._invite(operator_in(agency, COMMAND), options)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        except (Fault, AccountFault) as fault:
            raise CommandError(f"{fault.code}: {fault.message}") from fault
        except TimeoutError as error:
            raise CommandError(f"{error}. Run the command again.") from error
        self.stdout.write(f"{agency.name} is ready for learners.")

    def _fill(self, agency: Agency, people: int) -> None:
        operator = operator_in(agency, COMMAND)
        self.stdout.write(f"Gallery of {people} drawn people ...")
        gallery = fill_gallery(operator, people)
        add_pictures(operator, people)
        add_examiners(operator, agency)
        self.stdout.write("Examples ...")
        add_examples(operator, agency, gallery)

    def _invite(self, operator: Actor, options: dict[str, Any]) -> None:
        invite_member(
            actor=operator,
            email=options["admin_email"],
            roles=[Role.ADMIN],
            language=options["language"],
        )
        self.stdout.write(f"{options['admin_email']} is invited and invites the learners.")
