"""What programs are told of enrolled pictures."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from searches.subject_page import ImageRow


class ReadingSerializer(serializers.Serializer[Any]):
    """A measure of a picture beside its limits; a limit that is null is none."""

    name = serializers.CharField(source="measure.name")
    value = serializers.FloatField()
    unit = serializers.CharField(source="measure.unit")
    least = serializers.FloatField(source="limit.least", allow_null=True)
    most = serializers.FloatField(source="limit.most", allow_null=True)
    is_within = serializers.BooleanField()


class ImageSerializer(SparseSerializer):
    """`quality` is empty for a picture from before there were measures; `advice` is in words."""

    id = serializers.UUIDField(source="image.pk")
    subject = serializers.UUIDField(source="image.subject_id")
    gallery = serializers.UUIDField(source="image.gallery_id")
    register = serializers.UUIDField(source="image.register_id")
    register_name = serializers.CharField(source="image.source")
    legal_basis = serializers.CharField(source="image.legal_basis")
    collected_on = serializers.DateField(source="image.collected_on")
    enrolled_by = serializers.CharField(source="image.enrolled_by_label")
    enrolled_at = serializers.DateTimeField(source="image.enrolled_at")
    expires_on = serializers.DateField(source="image.expires_on")
    has_expired = serializers.SerializerMethodField()
    is_best = serializers.BooleanField()
    quality = ReadingSerializer(source="readings", many=True)
    advice = serializers.SerializerMethodField()
    sha256 = serializers.CharField(source="image.sha256")

    def get_has_expired(self, row: ImageRow) -> bool:
        return row.image.expires_on < timezone.localdate()

    def get_advice(self, row: ImageRow) -> list[str]:
        return [str(words) for words in row.advice]
