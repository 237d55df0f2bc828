"""Serve the portal's pages with gunicorn."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serve the pages (put a TLS proxy in front in production). Stops on Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
        parser.add_argument("--processes", type=int, default=2)
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("collectstatic", interactive=False, verbosity=0)
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", options["bind"]]
        command += ["--chdir", str(settings.BASE_DIR)]  # wherever it is started from
        command += ["--config", "python:portal.serving"]
        command += ["--workers", str(options["processes"]), "--threads", str(options["threads"])]
        os.chdir(settings.BASE_DIR)  # where gunicorn looks for its configuration
        os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted
