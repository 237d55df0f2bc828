"""Galleries for programs: the list, a new one, what is in one, and its sources."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.purposes import SourceKind
from accounts.rest.views import AgencyApiView
from galleries.api.gallery_answers import (
    OF_NEW,
    OF_OLD,
    GallerySerializer,
    NewGallerySerializer,
    NewSourceSerializer,
    OneGallerySerializer,
)
from galleries.holdings import holdings_of
from galleries.services.sources import open_gallery, remove_source
from searches import queries
from searches.access import gallery_or_404
from searches.gallery_versions import changed_at, version_of
from searches.models import Gallery, SourceRegister
from searches.services.registers import add_source


class GalleryFilter(filters.FilterSet):
    """`q` looks in the names of galleries and of their registers."""

    source_kind = filters.ChoiceFilter(choices=SourceKind.choices)
    q = filters.CharFilter(method="look_in_names")

    class Meta:
        model = Gallery
        fields = ("source_kind",)

    def look_in_names(self, rows: QuerySet[Gallery], name: str, text: str) -> QuerySet[Gallery]:
        return rows.filter(queries.gallery_words(text))


class Galleries(AgencyApiView):
    """The agency's galleries, by name."""

    requires = {"get": Permission.VIEW_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = GallerySerializer
    filterset_class = GalleryFilter
    ordering = ("name", "pk")
    ordering_fields = ("name", "created_at")

    def rows(self) -> QuerySet[Gallery]:
        return queries.galleries().select_related("contract")

    @extend_schema(operation_id="galleries_list", tags=["galleries"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="galleries_open",
        tags=["galleries"],
        request=NewGallerySerializer,
        responses={201: GallerySerializer},
        examples=[OF_OLD, OF_NEW],
    )
    def post(self, request: Request) -> Response:
        """Open an empty gallery that is filled from a register."""
        made = open_gallery(actor=self.actor, **self.asked(NewGallerySerializer))
        found = self.rows().get(pk=made.pk)
        return self.told(found, 201, location=reverse("api_gallery", args=[made.pk]))


class _One(AgencyApiView):
    serializer_class = OneGallerySerializer

    def as_it_is(self, gallery: Gallery, status: int = 200) -> Response:
        """The gallery with all its facts."""
        found: Gallery = queries.galleries().select_related("contract").get(pk=gallery.pk)
        found.version = version_of(found.pk).digest  # type: ignore[attr-defined]
        found.changed_at = changed_at(found.pk)  # type: ignore[attr-defined]
        found.holdings = holdings_of(found)  # type: ignore[attr-defined]
        return self.told(found, status)


class OneGallery(_One):
    """What is in a gallery: from where, how old, what expires when, and in which version."""

    requires = {"get": Permission.VIEW_GALLERIES}

    @extend_schema(operation_id="galleries_get", tags=["galleries"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.as_it_is(gallery_or_404(pk))


class GallerySources(_One):
    """Let the gallery hold pictures of another register of its kind."""

    requires = {"post": Permission.MANAGE_GALLERIES}

    @extend_schema(
        operation_id="galleries_add_source",
        tags=["galleries"],
        request=NewSourceSerializer,
        responses=OneGallerySerializer,
        examples=[OpenApiExample("By name", {"register": "Custody register"}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        gallery = gallery_or_404(pk)
        register = self.asked(NewSourceSerializer)["register"]
        add_source(actor=self.actor, gallery=gallery, register=register)
        return self.as_it_is(gallery)


class GallerySource(_One):
    """Take no more pictures of a register into the gallery."""

    requires = {"delete": Permission.MANAGE_GALLERIES}

    @extend_schema(
        operation_id="galleries_remove_source",
        tags=["galleries"],
        request=None,
        responses={200: OneGallerySerializer},
    )
    def delete(self, request: Request, pk: UUID, register: UUID) -> Response:
        gallery = gallery_or_404(pk)
        row = get_object_or_404(SourceRegister.objects.all(), pk=register)
        remove_source(actor=self.actor, gallery=gallery, register=row)
        return self.as_it_is(gallery)
