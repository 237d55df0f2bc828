"""A working portal in one command, with a real search in it."""

import io
import json
import signal
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.purposes import Purpose
from portal.demo import cast, gallery, people, scores, tasks
from portal.demo.processes import free_port, running, wait_for_portal
from searches.models import CaptureKind

GALLERY = "Synthetic people"
CASE = "DEMO-0001"


class Command(BaseCommand):
    help = "Set up a demo agency of synthetic people, search in it, and keep serving."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the search")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--scores",
            action="store_true",
            help="measure the gallery with 320 more drawn people, so that figures stand beside the"
            " candidates of a concluded search (takes some minutes)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        var = Path(settings.VAR_DIR)
        self._step("Database", "migrate", verbosity=0)
        self._step("Face models", "models", "build")
        password = cast.demo_password(var)
        app_secret = cast.demo_app_secret(var)
        cast.demo_agency(password, app_secret)
        self._enrol(var / "demo" / "people", GALLERY)
        if options["scores"]:
            strangers = {"first": scores.FIRST, "people": scores.PEOPLE, "pictures": 1}
            self._enrol(var / "demo" / "unrelated", scores.GALLERY, **strangers)
        port = free_port(options["port"])
        with ExitStack() as stack:
            stack.enter_context(running("worker", "work"))
            if not options["once"]:
                bind = f"127.0.0.1:{port}"
                web = stack.enter_context(running("web", "serve", "--bind", bind))
            if options["scores"]:
                self.stdout.write("How similar are strangers? ...")
                scores.measure(GALLERY)
            self._search(var / "demo" / "probe.png")
            if options["scores"]:
                scores.conclude_first(CASE)
            tasks.leave_work(var / "demo" / "probe.png", GALLERY)
            if not options["once"]:
                wait_for_portal(port)
                self._invite(port, password, app_secret)
                while web.poll() is None:
                    time.sleep(0.5)
                raise CommandError(f"The web server has ended; see {var}/log/web.log")

    def _step(self, title: str, *command: str, **options: Any) -> None:
        self.stdout.write(f"{title} ...")
        call_command(*command, stdout=io.StringIO(), **options)

    def _enrol(self, folder: Path, name: str, **drawn: int) -> None:
        self.stdout.write(f"Gallery of {drawn.get('people', people.PEOPLE)} synthetic people ...")
        people.demo_pictures(folder, settings.WORKERS, **drawn)
        gallery.demo_gallery(name)
        out = io.StringIO()
        call_command(
            "enroll",
            str(folder),
            agency=cast.SLUG,
            gallery=name,
            source=gallery.SOURCE,
            basis=gallery.BASIS,
            collected_on=date(2026, 1, 1),
            json=True,
            stdout=out,
        )
        summary = json.loads(out.getvalue())
        there = summary["enrolled"] + summary["already_enrolled"]
        self.stdout.write(f"  {there} pictures enrolled, {len(summary['rejected'])} rejected")

    def _search(self, probe: Path) -> None:
        people.demo_probe(probe)
        self.stdout.write("One search, through the queue ...")
        out = io.StringIO()
        call_command(
            "search",
            str(probe),
            agency=cast.SLUG,
            gallery=[GALLERY],
            case=CASE,
            purpose=Purpose.MISSING_PERSON,
            captured_on=date(2026, 1, 1),
            capture_kind=CaptureKind.OTHER,
            capture_place="Drawn by Candor; the picture shows no real place",
            title="A first search",
            reason="The demo shows what a search brings",
            facts="The person in the picture is drawn by code",
            limit=5,
            json=True,
            stdout=out,
        )
        result = json.loads(out.getvalue())
        for row in result["candidates"]:
            self.stdout.write(
                f"  {row['rank']}  {row['similarity']:.4f}  {row['subject_reference']}"
            )
        expected = f"P-{people.WANTED:04d}"
        first = [row["subject_reference"] for row in result["candidates"][:1]]
        if first != [expected]:
            raise CommandError(f"Expected {expected} at rank 1: something is wrong here")
        self.stdout.write(f"  {expected} at rank 1, as it should be. {result['statement']}")
        self.stdout.write(f"  {result['note']}")

    def _invite(self, port: int, password: str, app_secret: str) -> None:
        self.stdout.write(f"\nCandor is ready:  http://localhost:{port}/\nLog in as")
        for email, _, roles in cast.PEOPLE:
            self.stdout.write(f"  {email:<26} {', '.join(roles)}")
        self.stdout.write(f"with the password   {password}")
        self.stdout.write("and a code          that `make code` prints")
        self.stdout.write(f"                    (or put {app_secret} into your app)")
        self.stdout.write("Ctrl-C ends it.")


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
