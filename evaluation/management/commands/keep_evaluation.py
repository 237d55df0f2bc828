"""Keep what `manage.py evaluate` found, for the pages and reports of an agency."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.actor import Actor
from accounts.commands import AgencyCommand
from evaluation.faults import EvaluationFault
from evaluation.keeping import keep_evaluation


class Command(AgencyCommand):
    help = (
        "Show what `evaluate` wrote to DIR on an agency's pages and reports. Keeps figures alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("out", type=Path, metavar="DIR", help="the --out of `evaluate`")
        parser.add_argument("--name", required=True, help="what was measured, for readers")

    def work(self, actor: Actor, **options: Any) -> None:
        try:
            document = (options["out"] / "evaluation.json").read_bytes()
            kept = keep_evaluation(actor=actor, document=document, name=options["name"])
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from error
        except EvaluationFault as fault:
            raise CommandError(f"{fault.code}: {fault.message}") from fault
        for row in kept:
            self.stdout.write(f"Kept for {row.contract_id}: {row.name}")
