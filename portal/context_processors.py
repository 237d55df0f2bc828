"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.operating import operating


def portal(request: HttpRequest) -> dict[str, Any]:
    """Version, and the person's agency and rights as far as there are any."""
    actor = getattr(request, "actor", None)
    return {
        "candor_version": settings.VERSION,
        "help_url": settings.HELP_URL,
        "agency": getattr(request, "agency", None),
        # Asked with the memberships, so that no page pays for it with a statement of its own.
        "unread_notifications": getattr(getattr(request, "membership", None), "unread", 0),
        "platform_contact": settings.PLATFORM_CONTACT,
        # Kept by the process: no query.
        "operating": operating(),
        "agencies": getattr(request, "agencies", []),
        # The person's agencies that another log-in opens.
        "elsewhere": getattr(request, "elsewhere", []),
        "can": {p.name.lower() for p in actor.permissions} if actor else set(),
        "withheld": {p.name.lower() for p in actor.withheld} if actor else set(),
    }
