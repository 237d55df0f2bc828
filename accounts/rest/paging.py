"""Lists come in pages by cursor: a row that is added meanwhile shifts nothing."""

from base64 import b64decode
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from accounts.faults import Fault
from accounts.rest.problems import Problem


class Pages(CursorPagination):
    """`?cursor=` and `?page_size=` (1 to 200); `next` and `previous` are whole addresses."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-pk",)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        self._require_size(request)
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, ValidationError) as error:
            # Not base64, or a position that no value of the ordering's can be.
            raise Problem(404, Fault("cursor_invalid")) from error

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size}
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in found:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {**size, "default": self.page_size}
        return found

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The last page has no next one, and the first none before it."""
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def decode_cursor(self, request: Request) -> Any:
        """DRF takes what is no base64 for an empty cursor."""
        asked = request.query_params.get(self.cursor_query_param)
        if asked is not None:
            b64decode(asked.encode(), validate=True)
        return super().decode_cursor(request)

    def _require_size(self, request: Request) -> None:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return
        if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= self.max_page_size):
            raise Problem(400, Fault("query_invalid"), parameter=self.page_size_query_param)
