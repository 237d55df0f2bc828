"""Base of the operator's commands that work in one agency."""

from abc import abstractmethod
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import agency_by_slug, operator_in
from accounts.actor import Actor
from portal.tenancy import scope


class AgencyCommand(BaseCommand):
    """Resolves --agency, opens its scope and calls `work`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--agency", required=True, metavar="SLUG", help="the agency's short name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        agency = agency_by_slug(options["agency"])
        if agency is None:
            raise CommandError(f"There is no agency {options['agency']!r}")
        name = type(self).__module__.rpartition(".")[2]
        with scope(agency.pk):
            try:
                self.work(operator_in(agency, name), **options)
            except PermissionDenied as denied:
                text = f"{agency} is {agency.state}, which does not allow this ({denied})"
                raise CommandError(text) from denied

    @abstractmethod
    def work(self, actor: Actor, **options: Any) -> None:
        """Do the command's work inside the agency's scope."""
