"""What the next run of the retention removes, for programs: counted, and as a list."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.licensing import local_day
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from galleries.expiring import Forecast, forecast, removable
from searches.models import FaceImage


class ExpiringShareSerializer(serializers.Serializer[Any]):
    gallery = serializers.UUIDField(source="gallery_id")
    gallery_name = serializers.CharField(source="gallery")
    register = serializers.UUIDField(source="register_id")
    register_name = serializers.CharField(source="register")
    images = serializers.IntegerField()


class RetentionPreviewSerializer(SparseSerializer):
    """What a run on `day` removes; holds keep `held_images` and `held_probes`.

    `in_30_days` and `in_90_days` are pictures that expire until then.
    """

    day = serializers.DateField()
    images = serializers.IntegerField()
    probes = serializers.IntegerField()
    held_images = serializers.IntegerField()
    held_probes = serializers.IntegerField()
    shares = ExpiringShareSerializer(many=True)
    in_30_days = serializers.SerializerMethodField()
    in_90_days = serializers.SerializerMethodField()

    def get_in_30_days(self, found: Forecast) -> int:
        return dict(found.soon)[30]

    def get_in_90_days(self, found: Forecast) -> int:
        return dict(found.soon)[90]


class ExpiringImageSerializer(SparseSerializer):
    """A picture that the next run removes."""

    image = serializers.UUIDField(source="pk")
    subject = serializers.UUIDField(source="subject_id")
    reference = serializers.CharField(source="subject.reference")
    gallery = serializers.UUIDField(source="gallery_id")
    register = serializers.UUIDField(source="register_id")
    collected_on = serializers.DateField()
    expires_on = serializers.DateField()


class ExpiringFilter(filters.FilterSet):
    gallery = filters.UUIDFilter(field_name="gallery_id")
    register = filters.UUIDFilter(field_name="register_id")

    class Meta:
        model = FaceImage
        fields = ("gallery", "register")


class _Due(AgencyApiView):
    requires = {"get": Permission.ERASE}

    def today(self) -> date:
        return local_day(timezone.now(), self.agency.time_zone)


class Preview(_Due):
    """How many pictures and probes go with the next run, what stays for a hold, what is next."""

    serializer_class = RetentionPreviewSerializer

    @extend_schema(operation_id="retention_preview", tags=["retention"])
    def get(self, request: Request) -> Response:
        return self.told(forecast(self.today(), self.agency.time_zone))


class Expiring(_Due):
    """The pictures that the next run removes, those that expired first before others."""

    serializer_class = ExpiringImageSerializer
    filterset_class = ExpiringFilter
    ordering = ("expires_on", "pk")
    ordering_fields = ("expires_on",)

    def rows(self) -> QuerySet[FaceImage]:
        return removable(self.today()).select_related("subject")

    @extend_schema(operation_id="retention_expiring", tags=["retention"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())
