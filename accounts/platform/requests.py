"""Requests to the platform's pages."""

from django.http import HttpRequest

from accounts.actor import Actor
from accounts.models import StaffSession, User

SESSION_KEY = "staff_session"


class PlatformRequest(HttpRequest):
    """Set up by PlatformMiddleware for people of the platform's staff, and for nobody else."""

    user: User
    platform_actor: Actor
    staff_session: StaffSession | None
