"""Source registers for programs: the list, a new one, one with its terms, the end of one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.purposes import Purpose, SourceKind
from accounts.rest.fields import SparseSerializer
from accounts.rest.filters import YesNoFilter
from accounts.rest.views import AgencyApiView
from galleries.api.fields import require_confirmed, terms_of
from galleries.register_list import registers
from galleries.services.retention_rules import MOST_DAYS, expiring_at_once
from galleries.services.sources import change_register, retire_register
from searches.models import SourceRegister
from searches.services.registers import add_register

EXAMPLE = OpenApiExample(
    "A register under an agreement",
    {
        "name": "Custody register",
        "kind": "arrest_photographs",
        "legal_basis": "Police Act s. 1",
        "agreement": "MoU 2026/4",
        "agreement_ends": "2028-12-31",
        "retention_days": 1095,
        "purposes": ["missing_person"],
    },
    request_only=True,
)


class RegisterSerializer(SparseSerializer):
    """A register, in how many galleries it is a source, and how many live pictures are of it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=SourceKind.choices)
    legal_basis = serializers.CharField()
    agreement = serializers.CharField()
    agreement_ends = serializers.DateField(allow_null=True)
    retention_days = serializers.IntegerField()
    purposes = serializers.ListField(child=serializers.ChoiceField(choices=Purpose.choices))
    galleries = serializers.IntegerField(source="gallery_count")
    images = serializers.IntegerField(source="image_count")
    created_by = serializers.CharField(source="created_by_label")
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class TermsSerializer(serializers.Serializer[Any]):
    """What of a register may change; `confirmed` when pictures may expire at once by it."""

    name = serializers.CharField(max_length=200)
    agreement = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    agreement_ends = serializers.DateField(required=False, allow_null=True, default=None)
    retention_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, default=1095
    )
    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=Purpose.choices),
        min_length=1,
        max_length=len(Purpose),
        required=False,
        default=list(Purpose.values),
    )


class NewRegisterSerializer(TermsSerializer):
    """`kind` and `legal_basis` never change."""

    kind = serializers.ChoiceField(choices=SourceKind.choices)
    legal_basis = serializers.CharField(max_length=300)


class ChangedTermsSerializer(serializers.Serializer[Any]):
    """Only what is to change. `confirmed`: pictures that it makes too old may go with the next
    run."""

    name = serializers.CharField(max_length=200, required=False)
    agreement = serializers.CharField(max_length=300, required=False, allow_blank=True)
    agreement_ends = serializers.DateField(required=False, allow_null=True)
    retention_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=Purpose.choices),
        min_length=1,
        max_length=len(Purpose),
        required=False,
    )
    confirmed = serializers.BooleanField(required=False, default=False)


class RegisterFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=SourceKind.choices)
    retired = YesNoFilter(field_name="retired_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = SourceRegister
        fields = ("kind", "retired")


class Registers(AgencyApiView):
    """The agency's source registers, by name."""

    requires = {"get": Permission.VIEW_GALLERIES, "post": Permission.MANAGE_GALLERIES}
    serializer_class = RegisterSerializer
    filterset_class = RegisterFilter
    ordering = ("name", "pk")
    ordering_fields = ("name", "created_at")

    def rows(self) -> QuerySet[SourceRegister]:
        return registers()

    @extend_schema(operation_id="registers_list", tags=["registers"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())

    @extend_schema(
        operation_id="registers_add",
        tags=["registers"],
        request=NewRegisterSerializer,
        responses={201: RegisterSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Add a register."""
        made = add_register(actor=self.actor, **self.asked(NewRegisterSerializer))
        found = registers().get(pk=made.pk)
        return self.told(found, 201, location=reverse("api_register", args=[made.pk]))


class OneRegister(AgencyApiView):
    """One register with its terms."""

    requires = {"get": Permission.VIEW_GALLERIES, "patch": Permission.MANAGE_GALLERIES}
    serializer_class = RegisterSerializer

    @extend_schema(operation_id="registers_get", tags=["registers"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(get_object_or_404(registers(), pk=pk))

    @extend_schema(
        operation_id="registers_change",
        tags=["registers"],
        request=ChangedTermsSerializer,
        responses=RegisterSerializer,
        examples=[OpenApiExample("A new end", {"agreement_ends": None}, request_only=True)],
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the terms. A shorter retention counts for the pictures that are there, too."""
        register = get_object_or_404(registers(), pk=pk)
        said = self.asked(ChangedTermsSerializer)
        confirmed, now = said.pop("confirmed"), RegisterSerializer(register).data
        terms = terms_of({**now, "agreement_ends": register.agreement_ends, **said})
        at_once = expiring_at_once(register, terms.retention_days)
        require_confirmed(confirmed, at_once)
        change_register(actor=self.actor, register=register, terms=terms)
        return self.told(registers().get(pk=pk))


class RegisterEnd(AgencyApiView):
    """Retire a register: it takes no more pictures, for good; those that are enrolled stay."""

    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = RegisterSerializer

    @extend_schema(
        operation_id="registers_retire",
        tags=["registers"],
        request=None,
        responses=RegisterSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        register = get_object_or_404(SourceRegister.objects.all(), pk=pk)
        retire_register(actor=self.actor, register=register)
        return self.told(registers().get(pk=pk))
