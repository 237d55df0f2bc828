"""Run a worker: Celery with the sweeper's clock."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from searches.scan.hosts import queue_of


class Command(BaseCommand):
    help = "Run a worker that finds faces, searches and enrols. Stops on Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=settings.WORKERS)
        parser.add_argument(
            "--no-beat", action="store_true", help="when another worker has the sweeper's clock"
        )
        parser.add_argument(
            "--scans",
            action="store_true",
            help="answer for the galleries that this host holds, and do nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        command = [sys.executable, "-m", "celery", "--app", "portal", "--quiet", "worker"]
        command += ["--concurrency", str(options["processes"]), "--loglevel", settings.LOG_LEVEL]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        if settings.BROKER_URL.startswith("amqp"):
            # A second worker of a host does not start under the name of the first.
            command += ["--hostname", f"{os.getpid()}@%h"]
        if options["scans"]:
            command += ["--queues", _queue_of_host()]
        elif not options["no_beat"]:
            command.append("--clock")  # two clocks ring twice, which does nothing twice
        if not options["scans"]:  # a search waits for the answer of a scan
            os.nice(settings.WORKER_NICENESS)  # pages come first where both share a machine
        os.chdir(settings.BASE_DIR)  # where Celery looks for `portal`, whoever calls from where
        os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _queue_of_host() -> str:
    if not settings.BROKER_URL:
        raise CommandError("The embedded broker serves one host: set BROKER_URL")
    if not settings.SCAN_MEMORY_BYTES:
        raise CommandError("CANDOR_SCAN_MEMORY_MB=0: this host holds no gallery")
    return queue_of(settings.SCAN_HOST)
