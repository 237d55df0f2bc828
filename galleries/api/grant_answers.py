"""What programs are told of grants of galleries, on both sides, and what they say of a new one."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.purposes import Purpose
from accounts.rest.fields import SparseSerializer
from accounts.rest.filters import YesNoFilter
from searches.models import Basis, GalleryGrant, GrantState
from searches.models.grant import MOST_SEARCHES, UseState
from searches.services.grounds import MAX_WORDS

EXAMPLE = OpenApiExample(
    "Twenty searches in a year",
    {
        "agency": "birch",
        "purposes": ["missing_person"],
        "starts_on": "2026-12-01",
        "ends_on": "2027-11-30",
        "searches": 20,
        "agreement": "Agreement 12/2026",
        "reason": "Both agencies look for the same missing people",
    },
    request_only=True,
)


class GrantTermsSerializer(SparseSerializer):
    """For what, when and how often; `searches_used` are under way or done."""

    id = serializers.UUIDField(source="row.pk")
    state = serializers.ChoiceField(choices=GrantState.choices)
    is_open = serializers.BooleanField()
    purposes = serializers.ListField(
        source="row.purposes", child=serializers.ChoiceField(choices=Purpose.choices)
    )
    starts_on = serializers.DateField(source="row.starts_on")
    ends_on = serializers.DateField(source="row.ends_on")
    searches = serializers.IntegerField(source="row.searches_allowed")
    searches_used = serializers.IntegerField(source="row.searches_used")
    agreement = serializers.CharField(source="row.agreement")


class GrantSerializer(GrantTermsSerializer):
    """A grant as its giver sees it: `agency` is empty until the one that is `named` answers."""

    gallery = serializers.UUIDField(source="row.gallery_id")
    named = serializers.CharField(source="row.named")
    agency = serializers.CharField()
    offered_by = serializers.CharField(source="row.granted_by_label")
    offered_at = serializers.DateTimeField(source="row.granted_at")
    accepted_at = serializers.DateTimeField(source="row.accepted_at", allow_null=True)
    declined_at = serializers.DateTimeField(source="row.declined_at", allow_null=True)
    revoked_at = serializers.DateTimeField(source="row.revoked_at", allow_null=True)
    revoked_by = serializers.CharField(source="row.revoked_by_label")


class OneGrantSerializer(GrantSerializer):
    reason = serializers.CharField(source="row.reason")


class BorrowedSerializer(GrantTermsSerializer):
    """A grant as its receiver sees it; `id` is what a search names among its `grants`."""

    agency = serializers.CharField()
    gallery = serializers.CharField()
    source_kind = serializers.CharField()


class UseSerializer(SparseSerializer):
    """One search by the other agency. `candidates` are those of this gallery."""

    id = serializers.UUIDField()
    search = serializers.UUIDField(source="search_id")
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    basis = serializers.ChoiceField(choices=Basis.choices)
    searched_by = serializers.CharField(source="searched_by_label")
    state = serializers.ChoiceField(choices=UseState.choices)
    taken_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    candidates = serializers.IntegerField(allow_null=True)


class NewGrantSerializer(serializers.Serializer[Any]):
    """`agency` is a short or a full name; it reads the `agreement`, and never the `reason`."""

    agency = serializers.CharField(max_length=200)
    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=Purpose.choices),
        min_length=1,
        max_length=len(Purpose),
    )
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    searches = serializers.IntegerField(min_value=1, max_value=MOST_SEARCHES)
    agreement = serializers.CharField(max_length=300)
    reason = serializers.CharField(max_length=MAX_WORDS)


class RevocationSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_WORDS)


class GrantFilter(filters.FilterSet):
    """`open`: neither revoked nor declined; its time may be over."""

    purpose = filters.ChoiceFilter(choices=Purpose.choices, method="for_purpose")
    open = YesNoFilter(method="still_open")

    class Meta:
        model = GalleryGrant
        fields = ()

    def for_purpose(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(purposes__contains=[value])

    def still_open(self, rows: Any, name: str, value: bool) -> Any:
        ends = {"revoked_at": None, "declined_at": None}
        return rows.filter(**ends) if value else rows.exclude(**ends)
