"""Grants for programs of the agency that gives them: offered, read with their uses, revoked."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.licensing import local_day
from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.api.grant_answers import (
    EXAMPLE,
    GrantFilter,
    GrantSerializer,
    NewGrantSerializer,
    OneGrantSerializer,
    RevocationSerializer,
    UseSerializer,
)
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import gallery_or_404
from searches.grant_queries import Grant, for_owner
from searches.models import GalleryGrant, GrantUse
from searches.models.grant import UseState
from searches.services.granting import Granted, offer_grant, revoke_grant


def _grants() -> QuerySet[GalleryGrant]:
    return GalleryGrant.objects.select_related("gallery")


class _Given(AgencyApiView):
    def as_owner(self, rows: list[GalleryGrant]) -> list[Grant]:
        """With the state of today, and the other agency where it has answered."""
        return for_owner(rows, local_day(timezone.now(), self.agency.time_zone))


class _GrantList(_Given):
    serializer_class = GrantSerializer
    filterset_class = GrantFilter
    ordering = ("-granted_at", "-pk")
    ordering_fields = ("granted_at", "starts_on", "ends_on")

    def shown(self, page: Any) -> Any:
        return self.as_owner(page)


class AllGrants(_GrantList):
    """Search that the agency has offered or granted to others, of all galleries, newest first."""

    requires = {"get": Permission.MANAGE_GALLERIES}

    @extend_schema(operation_id="grants_list_all", tags=["sharing"])
    def get(self, request: Request) -> Response:
        return self.listed(_grants())


class Grants(_GrantList):
    """To whom search in a gallery was offered or granted, newest first."""

    requires = {"get": Permission.MANAGE_GALLERIES, "post": Permission.MANAGE_GALLERIES}

    @extend_schema(operation_id="grants_list", tags=["sharing"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(_grants().filter(gallery=gallery_or_404(pk)))

    @extend_schema(
        operation_id="grants_offer",
        tags=["sharing"],
        request=NewGrantSerializer,
        responses={201: GrantSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Offer search in the gallery to another agency, one of whose administrators answers.

        Whether there is an agency of that name is not told before it answers.
        """
        gallery, said = gallery_or_404(pk), Granted(**self.asked(NewGrantSerializer))
        made = offer_grant(actor=self.actor, gallery=gallery, granted=said)
        (grant,) = self.as_owner([made])
        return self.told(grant, 201, location=reverse("api_grant", args=[made.pk]))


class OneGrant(_Given):
    """The terms of one grant and why it was given; that it was looked at is recorded."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = OneGrantSerializer

    @extend_schema(operation_id="grants_get", tags=["sharing"])
    def get(self, request: Request, pk: UUID) -> Response:
        row = get_object_or_404(_grants(), pk=pk)
        record(self.actor, Action.GRANT_VIEWED, row, {"gallery": str(row.gallery_id)})
        (grant,) = self.as_owner([row])
        return self.told(grant)


class UseFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=UseState.choices)
    taken = filters.IsoDateTimeFromToRangeFilter(field_name="taken_at")

    class Meta:
        model = GrantUse
        fields = ("state", "taken")


class GrantUses(AgencyApiView):
    """Every search that was done by a grant, newest first; the look is recorded."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = UseSerializer
    filterset_class = UseFilter
    ordering = ("-taken_at", "-pk")
    ordering_fields = ("taken_at",)

    @extend_schema(operation_id="grants_uses", tags=["sharing"])
    def get(self, request: Request, pk: UUID) -> Response:
        row = get_object_or_404(_grants(), pk=pk)
        record(self.actor, Action.GRANT_VIEWED, row, {"gallery": str(row.gallery_id)})
        return self.listed(row.uses.all())


class GrantEnd(_Given):
    """Revoke a grant: nothing is searched by it any more. It cannot be taken back.

    Searches that wait or run fail; candidates that were found before stay with their cases.
    """

    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = OneGrantSerializer

    @extend_schema(
        operation_id="grants_revoke",
        tags=["sharing"],
        request=RevocationSerializer,
        responses=OneGrantSerializer,
        examples=[OpenApiExample("Why", {"reason": "The agreement was ended"}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        row = get_object_or_404(_grants(), pk=pk)
        reason = self.asked(RevocationSerializer)["reason"]
        revoke_grant(actor=self.actor, grant=row, reason=reason)
        (grant,) = self.as_owner([get_object_or_404(_grants(), pk=pk)])
        return self.told(grant)
