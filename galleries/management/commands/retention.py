"""manage.py retention: says what has expired, and removes it."""

from typing import Any
from uuid import uuid4

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.actor import Actor
from accounts.commands import AgencyCommand
from accounts.licensing import local_day
from accounts.models import Agency
from galleries.expiring import forecast
from galleries.services.retention import run_by_hand
from searches.faults import Fault


class Command(AgencyCommand):
    help = "Remove the pictures and probes of an agency whose time is over. Runs each night anyway."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def work(self, actor: Actor, **options: Any) -> None:
        agency = Agency.objects.get(pk=actor.agency)
        self._say(agency)
        if options["dry_run"]:
            return
        try:
            run = run_by_hand(actor=actor, agency=agency, submission_key=uuid4())
        except Fault as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(f"Run {run.pk}: {len(run.erasures)} erasures asked for")

    def _say(self, agency: Agency) -> None:
        today = local_day(timezone.now(), agency.time_zone)
        seen = forecast(today, agency.time_zone)
        self.stdout.write(f"{today} at {agency.name}")
        for one in seen.shares:
            self.stdout.write(f"  {one.gallery} / {one.register}: {one.images} pictures")
        self.stdout.write(f"  Pictures that go: {seen.images}")
        self.stdout.write(f"  Probes that go: {seen.probes}")
        self.stdout.write(f"  Kept by holds: {seen.held}")
        for days, images in seen.soon:
            self.stdout.write(f"  Expire in the next {days} days: {images}")
