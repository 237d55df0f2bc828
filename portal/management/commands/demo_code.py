"""What the demo people's authenticator app shows now."""

import time
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo import cast

PERIOD = 30


class Command(BaseCommand):
    help = "Print the code of the second factor that the people of the demo agency share."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        var = Path(settings.VAR_DIR)
        if not (var / "demo" / "app-secret").exists():
            raise CommandError("There is no demo here yet: run `make demo` first")
        left = PERIOD - int(time.time()) % PERIOD
        code = format_hotp_value(hotp_value(cast.demo_app_secret(var), int(time.time()) // PERIOD))
        self.stdout.write(f"{code}  (a new one in {left} s; each logs one person in once)")
