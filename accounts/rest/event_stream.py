"""Waiting as views have it: the wish for a late answer, and the view of a stream of events."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.rest.media import FileNegotiation
from accounts.rest.views import AgencyApiView
from accounts.rest.waiting import LONGEST, Watched, streamed

WISH = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`wait=20`: with If-None-Match, the answer comes when it is another one, or after"
    f" so many seconds (at most {LONGEST}).",
)
_LAST = OpenApiParameter(
    "Last-Event-ID",
    str,
    OpenApiParameter.HEADER,
    description="The `id` of the last event that the program has: only what is new is sent.",
)
_STREAM = OpenApiResponse(
    OpenApiTypes.STR,
    "Events named `state`; the data is the state as JSON. A comment comes every 10 seconds.",
)


def stream_schema(operation_id: str, tag: str) -> Any:
    """Describes the `get` of an EventsView, for extend_schema_view."""
    return extend_schema(
        operation_id=operation_id,
        tags=[tag],
        parameters=[_LAST],
        responses={(200, "text/event-stream"): _STREAM, 204: None},
    )


class EventsView(AgencyApiView):
    """Base of server-sent events until what is watched is at its end.

    The stream ends earlier when the token does, and after a minute (CANDOR_API_STREAM_SECONDS);
    the program then asks again. 204: it has all that there will be.
    """

    http_method_names = ["get"]
    content_negotiation_class = FileNegotiation

    def watched(self, pk: UUID) -> Watched:
        raise NotImplementedError

    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        return streamed(self, self.watched(pk), settings.API_STREAM_SECONDS)
