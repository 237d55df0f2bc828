"""`draw_people FOLDER`: pictures of people who do not exist, to try a gallery and a search with."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from searches.engines.base import EngineError
from searches.engines.synthetic.folder import write_folder, write_picture

SIZE = 600  # pixels
SEARCHED = 5  # people of whom there is another picture, to search with


class Command(BaseCommand):
    help = (
        "Draw people who do not exist: FOLDER/gallery has a sub-folder for each of them, ready to"
        " be imported, and FOLDER/search other pictures of the first few."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--people", type=int, default=40)
        parser.add_argument("--pictures", type=int, default=2, help="of each person (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, people, pictures = options["folder"], options["people"], options["pictures"]
        if not (1 <= people <= 9999 and 1 <= pictures <= 999):
            raise CommandError("Draw 1 to 9999 people and 1 to 999 pictures of each")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise CommandError(f"{folder} is not empty; name a new folder")
            write_folder(folder / "gallery", people=people, pictures=pictures, size=SIZE)
            (folder / "search").mkdir()
            for person in range(1, 1 + min(SEARCHED, people)):
                path = folder / "search" / f"P-{person:04d}.jpg"
                write_picture(path, person, pictures, size=SIZE)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}") from error
        except EngineError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        self.stdout.write(f"To import: {folder / 'gallery'}\nTo search: {folder / 'search'}")
