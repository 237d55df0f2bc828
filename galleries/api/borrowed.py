"""Grants for programs of the agency that receives them: read, accepted, declined or given up."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.api.grant_answers import BorrowedSerializer, GrantFilter
from searches.grant_queries import Grant, borrowed, for_borrower
from searches.services.grant_answers import accept_grant, decline_grant


class Borrowed(AgencyApiView):
    """Galleries in which other agencies offer or grant this one search, newest first."""

    requires = {"get": Permission.MANAGE_GALLERIES}
    serializer_class = BorrowedSerializer
    filterset_class = GrantFilter
    ordering = ("-granted_at", "-pk")
    ordering_fields = ("granted_at", "starts_on", "ends_on")

    def shown(self, page: Any) -> Any:
        return for_borrower(page)

    @extend_schema(operation_id="borrowed_list", tags=["sharing"])
    def get(self, request: Request) -> Response:
        return self.listed(borrowed(self.agency.pk))


class _One(AgencyApiView):
    serializer_class = BorrowedSerializer

    def grant(self, pk: UUID) -> Grant:
        (grant,) = for_borrower([get_object_or_404(borrowed(self.agency.pk), pk=pk)])
        return grant


class OneBorrowed(_One):
    """One gallery of another agency, on what terms, and how many searches are left."""

    requires = {"get": Permission.MANAGE_GALLERIES}

    @extend_schema(operation_id="borrowed_get", tags=["sharing"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(self.grant(pk))


class BorrowedYes(_One):
    """Accept what was offered: from its first day on, analysts may search in the gallery."""

    requires = {"post": Permission.MANAGE_GALLERIES}

    @extend_schema(
        operation_id="borrowed_accept",
        tags=["sharing"],
        request=None,
        responses=BorrowedSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        accept_grant(actor=self.actor, pk=self.grant(pk).row.pk)
        return self.told(self.grant(pk))


class BorrowedNo(_One):
    """Decline what was offered, or give up what was accepted. Only a new offer brings it back."""

    requires = {"post": Permission.MANAGE_GALLERIES}

    @extend_schema(
        operation_id="borrowed_decline",
        tags=["sharing"],
        request=None,
        responses=BorrowedSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        decline_grant(actor=self.actor, pk=self.grant(pk).row.pk)
        return self.told(self.grant(pk))
