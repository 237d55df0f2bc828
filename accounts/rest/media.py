"""The media types of the API: JSON, JSON that names its version, and what is to be saved."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

VERSIONED = "application/vnd.candor.v1+json"


class VersionedRenderer(JSONRenderer):
    """`Accept: application/vnd.candor.v1+json`: who asks for another version gets 406."""

    media_type = VERSIONED
    format = "v1"


class FileNegotiation(DefaultContentNegotiation):
    """For addresses that give a file of one type, whatever is accepted; errors are JSON."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        chosen: Any = next(iter(renderers))
        return chosen, chosen.media_type


class _Saved(JSONRenderer):
    """For views that answer with bytes of their own: a problem is JSON all the same."""

    charset = None


class PdfRenderer(_Saved):
    media_type = "application/pdf"
    format = "pdf"


class ZipRenderer(_Saved):
    media_type = "application/zip"
    format = "zip"


class FileRenderer(_Saved):
    """A file of a kind that is known only when it is read."""

    media_type = "application/octet-stream"
    format = "file"


class EventStreamRenderer(_Saved):
    media_type = "text/event-stream"
    format = "events"
