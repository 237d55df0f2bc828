"""The media types of the API: JSON, and JSON that names its version."""

from rest_framework.renderers import JSONRenderer

VERSIONED = "application/vnd.candor.v1+json"


class VersionedRenderer(JSONRenderer):
    """`Accept: application/vnd.candor.v1+json`: who asks for another version gets 406."""

    media_type = VERSIONED
    format = "v1"
