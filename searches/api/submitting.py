"""What a program sends to have a face searched for: the same as the page of a probe."""

from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.purposes import Purpose
from accounts.usage import allowance
from searches.forms import SearchForm
from searches.grant_queries import usable
from searches.models import Basis, Gallery, GalleryGrant
from searches.models.search import DEFAULT_LIMIT, MAX_LIMIT, MIN_LIMIT
from searches.services.grounds import MAX_REFERENCE, MAX_WORDS, Grounds

Row = TypeVar("Row")

EXAMPLE = OpenApiExample(
    "A search on stated facts",
    {
        "probe": "4a4d6d1e-6d0c-4f43-9d3c-0d5b9b1f1a11",
        "face": 0,
        "galleries": ["0f5f3c1c-8f9d-4f0e-8a53-5f6e1f0f2b22"],
        "purpose": "missing_person",
        "basis": "initial_identification",
        "reason": "Seen at the harbour on the evening she was last heard of",
        "facts": "The camera of the harbour office shows her at 21:40",
    },
    request_only=True,
)


class NewSearchSerializer(serializers.Serializer[Any]):
    """`face` may be left out when the probe shows one face only.

    `seen` names the picture in which the face was picked (`shown_as` of the probe): when it was
    turned or edited meanwhile, nothing is searched. `grants` are of other agencies' galleries.
    With a `document` (PDF, JPEG or PNG) the body is multipart/form-data.
    """

    probe = serializers.UUIDField()
    face = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)
    seen = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)
    galleries = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=200
    )
    grants = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=200
    )
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    basis = serializers.ChoiceField(choices=Basis.choices)
    reason = serializers.CharField(max_length=MAX_WORDS)
    facts = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=MAX_WORDS
    )
    reference = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=MAX_REFERENCE
    )
    document = serializers.FileField(
        required=False, allow_null=True, default=None, allow_empty_file=True
    )
    limit = serializers.IntegerField(
        required=False, default=DEFAULT_LIMIT, min_value=MIN_LIMIT, max_value=MAX_LIMIT
    )


def grounds_from(said: dict[str, Any]) -> Grounds:
    document = said["document"]
    return Grounds(
        purpose=said["purpose"],
        basis=said["basis"],
        reason=said["reason"],
        facts=said["facts"],
        reference=said["reference"],
        document=document.read() if document is not None else b"",
    )


def chosen_galleries(
    agency_id: int, said: dict[str, Any]
) -> tuple[list[Gallery], list[GalleryGrant]]:
    """The galleries and grants that were named, of those that the page offers."""
    terms = allowance(agency_id).terms
    granted = {one.row.pk: one.row for one in usable(agency_id, terms)}
    offered = SearchForm(terms, []).offered_galleries()
    galleries = {one.pk: one for one in offered.filter(pk__in=said["galleries"])}
    return (
        _named(galleries, said["galleries"], "galleries"),
        _named(granted, said["grants"], "grants"),
    )


def _named(known: dict[UUID, Row], names: list[UUID], field: str) -> list[Row]:
    if not set(names) <= set(known):
        wrong = serializers.ErrorDetail(_("Not offered for this search."), "does_not_exist")
        raise serializers.ValidationError({field: [wrong]})
    return [known[name] for name in dict.fromkeys(names)]
