"""Pictures by signed addresses: asked for with a token, fetched without."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.media import FileNegotiation
from accounts.rest.signed import KINDS, AddressAuthentication, Asked, address_of
from accounts.rest.views import AgencyApiView

EXAMPLE = OpenApiExample(
    "An address that lives for two minutes",
    {
        "url": "https://candor.example.org/api/v1/pictures/WyJwcm9iZSIsIjZm...:1wGf3k:x0Tq.../",
        "expires_at": "2026-11-29T10:02:00Z",
    },
    response_only=True,
)


class PictureAddressSerializer(SparseSerializer):
    """`url` is fetched without an Authorization header."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class PictureView(AgencyApiView):
    """The picture behind a signed address, for whoever has the address while it lives.

    Refused when the token that asked for it, or its owner's right to the picture, has ended since.
    Each look is recorded.
    """

    authentication_classes = [AddressAuthentication]
    content_negotiation_class = FileNegotiation

    @extend_schema(
        operation_id="pictures_get",
        tags=["pictures"],
        auth=[],
        responses={
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            (410, "application/problem+json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request, signed: str) -> HttpResponse:
        asked: Asked = request._request.asked  # type: ignore[attr-defined]
        picture = KINDS[asked.kind](self.actor, asked.name)
        return HttpResponse(
            picture.taken(self.actor),
            content_type=picture.media_type,
            headers={
                "Cache-Control": "private, no-store",
                "Content-Security-Policy": "default-src 'none'",
                "X-Robots-Tag": "noindex",
            },
        )


class PictureAddress(AgencyApiView):
    """Gives a signed address of a picture that the token's owner may see."""

    serializer_class = PictureAddressSerializer
    kind = ""

    def post(self, request: Request, **names: Any) -> Response:
        return self.told(address_of(request, self.kind, ".".join(map(str, names.values()))))


def address_view(kind: str, needs: Permission | tuple[Permission, ...], summary: str) -> Any:
    """The view that gives addresses of one kind of picture, described apart."""
    schema = extend_schema(
        operation_id=f"{kind}_address",
        tags=["pictures"],
        summary=summary,
        request=None,
        responses=PictureAddressSerializer,
        examples=[EXAMPLE],
    )
    members = {"kind": kind, "requires": {"post": needs}, "__module__": __name__}
    made: Any = type(f"PictureAddress_{kind}", (PictureAddress,), members)
    return extend_schema_view(post=schema)(made).as_view()
