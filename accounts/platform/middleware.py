"""Opens the platform's scope for its staff on its pages; for others these do not exist."""

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse

from accounts.platform.requests import SESSION_KEY, PlatformRequest
from accounts.services.staff import open_session_of, staff_actor
from portal.http import source_of
from portal.logs.context import know
from portal.tenancy import platform_scope

PREFIX = "/platform/"


class PlatformMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        wanted = request.path_info.startswith(PREFIX)
        if not wanted or not user.is_authenticated or not user.is_staff:
            return self.get_response(request)
        mine = cast(PlatformRequest, request)
        mine.platform_actor = staff_actor(user, source_of(request))
        know(user=user.pk)
        mine.staff_session = open_session_of(user, request.session.get(SESSION_KEY))
        with platform_scope():
            return self.get_response(request)
