"""What programs are told of a probe."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from searches.edit_path import edits_of
from searches.models import CaptureKind, JobState, Probe
from searches.presenting import face_rows


class FaceSerializer(serializers.Serializer[Any]):
    """A face's rectangle in the upright picture, and what makes it harder to recognise."""

    index = serializers.IntegerField()
    left = serializers.FloatField()
    top = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()
    eye_distance = serializers.IntegerField(help_text="pixels")
    advice = serializers.ListField(child=serializers.CharField())


class StepSerializer(serializers.Serializer[Any]):
    """A step from the upload to the current picture; a quarter turn makes no file, so no hash."""

    title = serializers.CharField()
    details = serializers.CharField()
    parent_sha256 = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)
    made_by = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField(allow_null=True)


class ProbeRowSerializer(SparseSerializer):
    """A probe of a list. `faces` is how many were found."""

    id = serializers.UUIDField()
    case = serializers.UUIDField(source="case_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    failure_code = serializers.CharField(allow_blank=True)
    is_erased = serializers.BooleanField()
    faces = serializers.SerializerMethodField()
    searched = serializers.SerializerMethodField()
    captured_on = serializers.DateField(allow_null=True)
    capture_kind = serializers.ChoiceField(choices=CaptureKind.choices, allow_blank=True)
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_faces(self, probe: Probe) -> int:
        return len(probe.faces)

    def get_searched(self, probe: Probe) -> bool:
        searched: bool = probe.searched  # type: ignore[attr-defined]
        return searched


class ProbeSerializer(ProbeRowSerializer):
    """A probe. `shown_as` names the picture as it is: an edit says by it which one it changes."""

    faces = serializers.SerializerMethodField()
    capture_place = serializers.SerializerMethodField()
    capture_device = serializers.SerializerMethodField()
    media_type = serializers.CharField()
    sha256 = serializers.SerializerMethodField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    quarter_turns = serializers.IntegerField()
    shown_as = serializers.CharField()
    edits = serializers.SerializerMethodField()

    @extend_schema_field(FaceSerializer(many=True))
    def get_faces(self, probe: Probe) -> Any:
        return [FaceSerializer(asdict(row)).data for row in face_rows(probe)]

    def get_searched(self, probe: Probe) -> bool:
        return probe.searches.exists()

    def get_capture_place(self, probe: Probe) -> str:
        return str(probe.capture_place)

    def get_capture_device(self, probe: Probe) -> str:
        return str(probe.capture_device)

    def get_sha256(self, probe: Probe) -> str:
        """Of the uploaded file; empty when it was erased."""
        return "" if probe.is_erased else probe.sha256

    @extend_schema_field(StepSerializer(many=True))
    def get_edits(self, probe: Probe) -> Any:
        return [] if probe.is_erased else StepSerializer(edits_of(probe), many=True).data
