"""The media types of the API: JSON, JSON that names its version, and what is to be saved."""

from rest_framework.renderers import JSONRenderer

VERSIONED = "application/vnd.candor.v1+json"


class VersionedRenderer(JSONRenderer):
    """`Accept: application/vnd.candor.v1+json`: who asks for another version gets 406."""

    media_type = VERSIONED
    format = "v1"


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
