"""Weeks are days of a calendar and no rows; their list comes in pages all the same."""

from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from accounts.faults import Fault
from accounts.rest.paging import Pages
from accounts.rest.problems import Problem


class WeekPages(Pages):
    """`?cursor=` is the Monday of the page's first week; the weeks come latest first."""

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        self._require_size(request)
        mondays: list[date] = queryset
        size: int = self.get_page_size(request) or self.page_size
        at = self._start(mondays, request.query_params.get(self.cursor_query_param))
        self._address, self._mondays = request.build_absolute_uri(), mondays
        self._before = max(at - size, 0) if at else None
        self._after = at + size if at + size < len(mondays) else None
        return mondays[at : at + size]

    def _start(self, mondays: list[date], cursor: str | None) -> int:
        if cursor is None:
            return 0
        try:
            return mondays.index(date.fromisoformat(cursor))
        except ValueError as error:
            raise Problem(404, Fault("cursor_invalid")) from error

    def get_next_link(self) -> str | None:
        return self._link(self._after)

    def get_previous_link(self) -> str | None:
        return self._link(self._before)

    def _link(self, at: int | None) -> str | None:
        if at is None:
            return None
        monday = self._mondays[at].isoformat()
        return str(replace_query_param(self._address, self.cursor_query_param, monday))
