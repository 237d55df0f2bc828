"""Whose picture another agency's candidate is, for programs of the agency that granted search."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from searches.services.origins import resolve_origin


class CodeSerializer(serializers.Serializer[Any]):
    """What another agency hands over beside its lead: `origin` of a candidate."""

    code = serializers.CharField(max_length=2000)


class OriginSerializer(SparseSerializer):
    subject = serializers.UUIDField(source="pk")
    gallery = serializers.UUIDField(source="gallery_id")


class Origin(AgencyApiView):
    """Whose picture another agency's candidate is, by the code that it hands over; recorded."""

    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = OriginSerializer

    @extend_schema(
        operation_id="origins_resolve",
        tags=["sharing"],
        request=CodeSerializer,
        responses=OriginSerializer,
        examples=[OpenApiExample("A code", {"code": "Y2FuZG9yLXN0b3JlLTE6..."}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        code = self.asked(CodeSerializer)["code"]
        return self.told(resolve_origin(actor=self.actor, code=code))
