"""System checks: configuration that must not reach production."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_embedded_parts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The embedded parts are for one machine."""
    found: list[CheckMessage] = []
    if settings.EMBEDDED_DATABASE:
        found.append(
            Warning(
                "DATABASE_URL is not set: the embedded PostgreSQL serves one machine.",
                id="portal.W001",
            )
        )
    if not settings.BROKER_URL:
        found.append(
            Warning("BROKER_URL is not set: the queue runs over the database.", id="portal.W002")
        )
    if not settings.HTTPS:
        found.append(
            Warning(
                "CANDOR_HTTPS is not True: cookies travel without encryption.", id="portal.W003"
            )
        )
    return found
