"""Erasures for programs: what one would take along, asking for it, how far it is, the receipt."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.access import RECEIPTS, erasure_for
from galleries.api.erasure_answers import (
    AskSerializer,
    ErasureSerializer,
    OneErasureSerializer,
    PreviewSerializer,
    ReceiptSerializer,
)
from galleries.erasing.preview import Preview
from galleries.erasure_receipts import receipt_of
from galleries.models import Erasure, ErasureCause, ErasureTarget
from galleries.services.erasing import request_erasure, try_again
from galleries.views.erasures import PREVIEWS
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.models import JobState

UNREAD = ("document", "needles_sealed", "target_ids")


class ErasureFilter(filters.FilterSet):
    target = filters.ChoiceFilter(choices=ErasureTarget.choices)
    cause = filters.ChoiceFilter(choices=ErasureCause.choices)
    state = filters.ChoiceFilter(choices=JobState.choices)

    class Meta:
        model = Erasure
        fields = ("target", "cause", "state")


class Erasures(AgencyApiView):
    """Erasures, newest first. For whoever erases and for whoever reads the record."""

    requires = {"get": RECEIPTS}
    serializer_class = ErasureSerializer
    filterset_class = ErasureFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    def rows(self) -> QuerySet[Erasure]:
        return Erasure.objects.defer(*UNREAD)

    @extend_schema(operation_id="erasures_list", tags=["erasures"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class OneErasure(AgencyApiView):
    """How far an erasure is; that it was looked at is recorded."""

    requires = {"get": RECEIPTS}
    serializer_class = OneErasureSerializer

    @extend_schema(operation_id="erasures_get", tags=["erasures"])
    def get(self, request: Request, pk: UUID) -> Response:
        erasure = erasure_for(self.actor, pk)
        record(self.actor, Action.ERASURE_VIEWED, erasure)
        return self.told(erasure)


class ErasureReceipt(AgencyApiView):
    """The receipt with its signature and the public key; 404 until the erasure is proved."""

    requires = {"get": RECEIPTS}
    serializer_class = ReceiptSerializer

    @extend_schema(operation_id="erasures_receipt", tags=["erasures"])
    def get(self, request: Request, pk: UUID) -> Response:
        erasure = erasure_for(self.actor, pk)
        if erasure.document is None:
            raise Http404("no receipt yet")
        return self.told(receipt_of(erasure))


class ErasureRetry(AgencyApiView):
    """Have an erasure that failed done again from where it stopped."""

    requires = {"post": Permission.ERASE}
    serializer_class = OneErasureSerializer

    @extend_schema(
        operation_id="erasures_retry",
        tags=["erasures"],
        request=None,
        responses=OneErasureSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        try_again(actor=self.actor, erasure=erasure_for(self.actor, pk))
        return self.told(erasure_for(self.actor, pk))


class Erase(AgencyApiView):
    """The erasure of one thing: GET says what it takes along, POST asks for it."""

    requires = {"get": Permission.ERASE, "post": Permission.ERASE}
    serializer_class = OneErasureSerializer
    target = ErasureTarget.IMAGES

    def get(self, request: Request, pk: UUID) -> Response:
        return Response(PreviewSerializer(self._preview(pk), context={"request": request}).data)

    def post(self, request: Request, pk: UUID) -> Response:
        preview, said = self._preview(pk), self.asked(AskSerializer)
        if said["confirmed"].strip() != preview.word:
            words = _("This is not the word that GET tells.")
            raise serializers.ValidationError({"confirmed": words}, "not_confirmed")
        made = request_erasure(
            actor=self.actor,
            target=self.target,
            ids=preview.ids,
            cause=said["cause"],
            reason=said["reason"],
            submission_key=self.submission_key(),
        )
        return self.told(made, 201, location=reverse("api_erasure", args=[made.pk]))

    def _preview(self, pk: UUID) -> Preview:
        return PREVIEWS[self.target](self.actor, pk)


def erase_view(name: str, target: ErasureTarget) -> Any:
    """The view of one kind of thing, described apart."""
    ask = {"cause": "demand", "reason": "Letter of 3 March 2026", "confirmed": "P-4711"}
    kind: Any = type(f"Erase_{name}", (Erase,), {"target": target, "__module__": __name__})
    described = extend_schema_view(
        get=extend_schema(
            operation_id=f"erasures_preview_{name}",
            tags=["erasures"],
            description="What the erasure takes along, and the `word` that confirms it.",
            responses=PreviewSerializer,
        ),
        post=extend_schema(
            operation_id=f"erasures_ask_{name}",
            tags=["erasures"],
            description="Ask for the erasure. What is erased cannot be brought back.",
            request=AskSerializer,
            responses={201: OneErasureSerializer},
            examples=[OpenApiExample("A demand", ask, request_only=True)],
        ),
    )
    return described(kind).as_view()
