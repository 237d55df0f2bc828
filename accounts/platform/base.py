"""What all models on the platform's pages have in common: nothing is deleted, all is recorded."""

from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from accounts.actor import Actor
from accounts.platform.requests import PlatformRequest


def actor_in(request: HttpRequest) -> Actor:
    return cast(PlatformRequest, request).platform_actor


class PlatformAdmin(ModelAdmin):  # type: ignore[misc]
    """Read-only unless a subclass says otherwise. Changes go through the services."""

    actions: Any = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.admin_site.has_permission(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.admin_site.has_permission(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Django's own log is not used: the services write the record.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        return None

    def get_urls(self) -> list[URLPattern]:
        """List, page and new; no deletion, no history of Django's, no second address of a page."""
        unwanted = ("_history", "_delete")
        urls: list[URLPattern] = super().get_urls()
        return [url for url in urls if url.name and not url.name.endswith(unwanted)]
