"""The media types of the API: JSON, and JSON that names its version."""

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
