"""What all models on the platform's pages have in common: nothing is deleted, all is recorded.

That goes for reading too: every list and every page of a row leaves an entry.
"""

from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from accounts.actor import Actor
from accounts.platform.requests import PlatformRequest
from portal.audit.actions import Action
from portal.audit.recorder import record


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

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Only a list that is shown is recorded, not a redirect away from a wrong filter."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        if changelist is not None:
            self.record_list(actor_in(request), list(changelist.result_list))
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            self.record_view(actor_in(request), row)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def record_list(self, actor: Actor, rows: list[Any]) -> None:
        record(actor, Action.PLATFORM_LISTED, None, self.list_facts(rows))

    def list_facts(self, rows: list[Any]) -> dict[str, Any]:
        return {"model": self.opts.model_name, "rows": len(rows)}

    def record_view(self, actor: Actor, row: Any) -> None:
        record(actor, Action.STAFF_VIEWED, row)

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
