"""`migrate`, as the owner role: the app role owns nothing and could not."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def execute(self, *args: Any, **options: Any) -> str | None:
        # Before Django's checks, which would ask the missing connection.
        if "owner" not in settings.DATABASES:
            raise CommandError(
                "Migrations run as the owner role: set DATABASE_OWNER_URL (see portal/roles.sql)"
            )
        return super().execute(*args, **options)
