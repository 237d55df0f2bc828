"""Answers that are files: who accepts their media type gets them, errors stay JSON."""

from rest_framework.renderers import JSONRenderer

from accounts.rest.media import VersionedRenderer


class CsvFile(JSONRenderer):
    """The file itself is answered past this; a problem comes through it."""

    media_type = "text/csv"
    format = "csv"


class ZipFile(JSONRenderer):
    media_type = "application/zip"
    format = "zip"


AS_CSV = [CsvFile, JSONRenderer, VersionedRenderer]
AS_ZIP = [ZipFile, JSONRenderer, VersionedRenderer]
