"""`models build` and `models show`: the face models this installation uses."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from searches.engines.base import EngineError
from searches.model_building import build_open_models
from searches.recognition import Slot, loaded, slots


class Command(BaseCommand):
    help = "Build the open model package, or show the engines in use and their licences."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["build", "show"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] == "build":
                path = build_open_models(Path(settings.MODELS_DIR))
                self.stdout.write(f"Open model package: {path}")
            else:
                for slot in slots():
                    self._show(slot)
        except EngineError as error:
            raise CommandError(f"{error.code}: {error.message}") from error

    def _show(self, slot: Slot) -> None:
        used = loaded(slot)
        lines = {
            "engine": used.name,
            "contract": used.contract.id,
            "dimension": used.contract.dimension,
            "scale": used.scale,
            "providers": ", ".join(used.providers),
            "licence": f"{used.licence.state} - {used.licence.title}",
            "": used.licence.message,
        }
        for name, value in lines.items():
            self.stdout.write(f"{name:>10}  {value}")
