"""Training certificates of the agency's people. They are entered in the browser alone."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.certificates import certificate_states, today_in
from accounts.models import Activity, TrainingCertificate
from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView

STATES = [(name, name) for name in certificate_states(date(2000, 1, 1))]


class CertificateSerializer(SparseSerializer):
    """Both days belong to the validity."""

    id = serializers.IntegerField()
    person = serializers.IntegerField(source="user_id")
    email = serializers.EmailField(source="user.email")
    activity = serializers.ChoiceField(choices=Activity.choices)
    title = serializers.CharField()
    issuer = serializers.CharField()
    issued_on = serializers.DateField()
    valid_until = serializers.DateField()
    valid = serializers.SerializerMethodField()
    entered_by = serializers.CharField(source="entered_by_label")
    created_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(source="withdrawn_by_label")
    withdrawal_reason = serializers.CharField()

    @extend_schema_field(serializers.BooleanField(help_text="today, at the agency"))
    def get_valid(self, one: TrainingCertificate) -> bool:
        today: date = self.context["view"].today
        return one.withdrawn_at is None and one.issued_on <= today <= one.valid_until


class CertificateFilter(filters.FilterSet):
    """`state`: valid, expiring within 30 days, expired or withdrawn."""

    state = filters.ChoiceFilter(choices=STATES, method="in_state")
    activity = filters.ChoiceFilter(choices=Activity.choices)
    person = filters.NumberFilter(field_name="user_id")

    class Meta:
        model = TrainingCertificate
        fields = ("state", "activity", "person")

    def in_state(
        self, rows: QuerySet[TrainingCertificate], name: str, state: str
    ) -> QuerySet[TrainingCertificate]:
        request: Any = self.request
        agency = request._request.agency
        return rows.filter(certificate_states(today_in(agency))[state])


class Certificates(AgencyApiView):
    """All training certificates, those that end first before the others."""

    requires = {"get": Permission.VIEW_CERTIFICATES}
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter
    ordering = ("valid_until", "pk")
    ordering_fields = ("valid_until", "created_at")

    def rows(self) -> QuerySet[TrainingCertificate]:
        return TrainingCertificate.objects.select_related("user")

    @property
    def today(self) -> date:
        return today_in(self.agency)

    @extend_schema(operation_id="certificates_list", tags=["people"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())
