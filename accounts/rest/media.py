"""The media types of the API: JSON, JSON that names its version, and what is neither."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer

VERSIONED = "application/vnd.candor.v1+json"


class VersionedRenderer(JSONRenderer):
    """`Accept: application/vnd.candor.v1+json`: who asks for another version gets 406."""

    media_type = VERSIONED
    format = "v1"


class FileNegotiation(BaseContentNegotiation):
    """For addresses whose answer has the type it has, whatever is accepted: a file, a picture, a
    stream. A problem is JSON all the same."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type
