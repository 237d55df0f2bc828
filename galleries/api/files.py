"""Answers that are files: who accepts their media type gets them, errors stay JSON."""

from typing import ClassVar

from rest_framework.renderers import JSONRenderer

from accounts.rest.media import VersionedRenderer


class CsvFile(JSONRenderer):
    """The file itself is answered past this; a problem comes through it."""

    media_type = "text/csv"
    format = "csv"


class ZipFile(JSONRenderer):
    media_type = "application/zip"
    format = "zip"


class AnswersCsv:
    renderer_classes: ClassVar[list[type[JSONRenderer]]] = [
        CsvFile,
        JSONRenderer,
        VersionedRenderer,
    ]


class AnswersZip:
    renderer_classes: ClassVar[list[type[JSONRenderer]]] = [
        ZipFile,
        JSONRenderer,
        VersionedRenderer,
    ]
