"""Check every real part of this installation and say what to do about each failure."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.doctor import Level, examine

SIGNS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.FAILED: "FAILED "}


class Command(BaseCommand):
    help = "Check database, roles, broker, worker, files, keys, engine and licence."
    # It must also run on an installation that is too broken for Django's own checks.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        findings = []
        for finding in examine():
            failed += finding.level is Level.FAILED
            findings.append(asdict(finding))
            if not options["json"]:
                self.stdout.write(f"{SIGNS[finding.level]}  {finding.part}: {finding.detail}")
                if finding.remedy:
                    self.stdout.write(f"         -> {finding.remedy}")
        if options["json"]:
            self.stdout.write(json.dumps(findings, indent=2))
        if failed:
            raise CommandError(f"{failed} of {len(findings)} parts do not work")
