"""What programs are told of imports, and what they say of a new one."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from galleries.api.fields import RegisterField
from galleries.imports_page import Progress, progress_of, words_of
from galleries.models import ImportBatch, ImportFile, ImportKind, ImportStage
from galleries.models.imports import MAX_NAME
from searches.faults import message_of

EXAMPLE = OpenApiExample(
    "A ZIP file of two megabytes",
    {
        "register": "Custody register",
        "collected_on": "2026-01-31",
        "name": "january.zip",
        "size": 2097152,
    },
    request_only=True,
)


class ProgressSerializer(serializers.Serializer[Any]):
    """Of the check while it is checked, of the enrolment from then on.

    `rate` is in files a second over the last minute, 0 while nothing is known.
    """

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    left = serializers.IntegerField()
    percent = serializers.IntegerField()
    enrolled = serializers.IntegerField()
    already = serializers.IntegerField()
    held = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rate = serializers.FloatField()
    remaining_seconds = serializers.SerializerMethodField()

    def get_remaining_seconds(self, progress: Progress) -> int | None:
        remaining = progress.remaining
        return None if remaining is None else int(remaining.total_seconds())


class ImportSerializer(SparseSerializer):
    """`code` says why it failed or was paused; `report` is what the check found, counted."""

    id = serializers.UUIDField()
    gallery = serializers.UUIDField(source="gallery_id")
    register = serializers.UUIDField(source="register_id")
    collected_on = serializers.DateField()
    kind = serializers.ChoiceField(choices=ImportKind.choices)
    name = serializers.CharField()
    stage = serializers.ChoiceField(choices=ImportStage.choices)
    code = serializers.CharField()
    detail = serializers.SerializerMethodField()
    size = serializers.IntegerField()
    received = serializers.IntegerField()
    part_bytes = serializers.SerializerMethodField()
    files = serializers.IntegerField()
    report = serializers.DictField()
    progress = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_detail(self, batch: ImportBatch) -> str:
        return message_of(batch.code) if batch.code else ""

    def get_part_bytes(self, batch: ImportBatch) -> int:
        return settings.IMPORT_PART_BYTES

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, batch: ImportBatch) -> dict[str, Any]:
        return dict(ProgressSerializer(progress_of(batch)).data)


class NewImportSerializer(serializers.Serializer[Any]):
    """`register` is where every file comes from unless the manifest in the ZIP file says another.

    `submission_key` does what the header Idempotency-Key does, for programs from before it.
    """

    register = RegisterField()
    collected_on = serializers.DateField()
    name = serializers.CharField(max_length=MAX_NAME)
    size = serializers.IntegerField()
    submission_key = serializers.UUIDField(required=False)


class WrongOffsetSerializer(serializers.Serializer[Any]):
    """A problem that says how many bytes are there."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    received = serializers.IntegerField()


@extend_schema_field(OpenApiTypes.STR)
class _Words(serializers.CharField):
    """Why a file was rejected, in words."""

    def to_representation(self, value: Any) -> str:
        return words_of(value)


class RejectedFileSerializer(SparseSerializer):
    """A file that was not enrolled, and why."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    file = serializers.CharField(source="name")
    subject = serializers.CharField(source="reference")
    code = serializers.CharField()
    detail = _Words(source="code")
    has_picture = serializers.SerializerMethodField()

    def get_has_picture(self, file: ImportFile) -> bool:
        return file.can_be_shown
