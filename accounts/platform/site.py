"""The admin site of the platform: reachable by its staff, in an open staff session."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from accounts.platform import door
from accounts.platform.billing import reports
from accounts.platform.billing.dashboard import dashboard
from accounts.platform.operation_page import (
    broadcast_page,
    broadcast_withdraw,
    operation_page,
)
from accounts.platform.queue_page import queue_page

# django-unfold runs Alpine, which compiles expressions and sets styles on elements, and writes its
# colours into the page. Everything still comes from this server. The portal's own pages keep the
# strict policy of portal/middleware.py.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
# Of Django's own addresses; the others (password change, log-in, shortcuts) are not offered.
OFFERED = {"index", "logout", "jsi18n", "search", "app_list", "door", "end"}
OFFERED |= {"ageing", "revenue", "statement", "queue"}
OFFERED |= {"operation", "broadcasts", "broadcast_withdraw"}
View = Callable[..., HttpResponse]


class PlatformSite(UnfoldAdminSite):  # type: ignore[misc]
    index_title = _("Platform")
    index_template = "accounts/platform/billing/index.html"
    final_catch_all_view = False
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return getattr(request, "staff_session", None) is not None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """To others than staff the page does not exist; staff state a reason first."""
        inner: View = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not hasattr(request, "platform_actor"):
                raise Http404
            if not self.has_permission(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:door"))
            response = inner(request, *args, **kwargs)
            response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            return response

        return guarded

    def extra_urls(self) -> list[URLPattern]:
        return [
            path("door/", door.door, name="door"),
            path("end/", door.end, name="end"),
            path("operation/", self.admin_view(operation_page), name="operation"),
            path("notices/", self.admin_view(broadcast_page), name="broadcasts"),
            path(
                "notices/<int:pk>/withdraw/",
                self.admin_view(broadcast_withdraw),
                name="broadcast_withdraw",
            ),
            path("queue/", self.admin_view(queue_page), name="queue"),
            path("ageing/", self.admin_view(reports.ageing_report), name="ageing"),
            path("revenue/", self.admin_view(reports.revenue_report), name="revenue"),
            path(
                "statements/<int:pk>/",
                self.admin_view(reports.statement_report),
                name="statement",
            ),
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The first page: what needs doing, what is used, what was earned."""
        response: HttpResponse = super().index(request, {**dashboard(), **(extra_context or {})})
        return response

    def get_urls(self) -> list[URLPattern | URLResolver]:
        urls = super().get_urls()
        kept = [url for url in urls if isinstance(url, URLResolver) or url.name in OFFERED]
        for url in kept:
            if isinstance(url, URLPattern) and hasattr(url.callback, "login_url"):
                # People who are not logged in go to the portal's log-in, as from any other page.
                del url.callback.login_url
        return kept

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        logout(request)
        return redirect("account_login")

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        session = getattr(request, "staff_session", None)
        if session is None:
            return context
        left = max(0, int((session.expires_at - timezone.now()).total_seconds()))
        return {
            **context,
            "staff_session": session,
            "seconds_left": left,
            "minutes_left": left // 60,
        }


site = PlatformSite(name="platform")
