"""Who the token speaks for."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView


class AgencyNameSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class PersonNameSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    name = serializers.CharField()


class OwnTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    expires_at = serializers.DateTimeField()


class MeSerializer(SparseSerializer):
    agency = AgencyNameSerializer()
    person = PersonNameSerializer()
    token = OwnTokenSerializer()
    permissions = serializers.ListField(child=serializers.ChoiceField(choices=list(Permission)))


class MeView(AgencyApiView):
    """Whose token this is, in which agency, and what it may do at present."""

    serializer_class = MeSerializer

    @extend_schema(
        operation_id="me",
        tags=["me"],
        examples=[
            OpenApiExample(
                "A clerk's token",
                {
                    "agency": {"slug": "alder", "name": "Alder Police"},
                    "person": {"email": "clerk@alder.example", "name": "Kim Clerk"},
                    "token": {"name": "Imports", "expires_at": "2027-03-01T00:00:00Z"},
                    "permissions": ["galleries.enrol", "galleries.view"],
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        found = {
            "agency": self.agency,
            "person": self.token.user,
            "token": self.token,
            "permissions": sorted(self.actor.permissions),
        }
        return Response(self.get_serializer(found).data)
