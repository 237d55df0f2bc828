"""What programs read of a search: in lists, and by itself with grounds and history."""

import json
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.purposes import Purpose
from accounts.rest.fields import SparseSerializer
from searches.faults import message_of
from searches.models import (
    AuthorizationNeeded,
    Basis,
    Decision,
    JobState,
    Outcome,
    Search,
    Stage,
)
from searches.search_page import Standing, grounds_of, standing_of
from searches.search_timeline import moments_of


class SearchSerializer(SparseSerializer):
    """A search without what it brought; how many candidates there are is not told here.

    `state` is the work of the machine, `stage` the procedure around it. `outcome` is null before
    the conclusion and while the results are locked.
    """

    id = serializers.UUIDField()
    case = serializers.UUIDField(source="case_id")
    case_number = serializers.CharField(source="case.number")
    probe = serializers.UUIDField(source="probe_id")
    face = serializers.IntegerField(source="face_index")
    purpose = serializers.ChoiceField(choices=Purpose.choices, allow_blank=True)
    basis = serializers.ChoiceField(choices=Basis.choices, allow_blank=True)
    authorization = serializers.ChoiceField(choices=AuthorizationNeeded.choices)
    limit = serializers.IntegerField()
    state = serializers.ChoiceField(choices=JobState.choices)
    stage = serializers.ChoiceField(choices=Stage.choices)
    stage_since = serializers.DateTimeField()
    due_at = serializers.SerializerMethodField()
    authorize_by = serializers.DateTimeField(allow_null=True)
    results_locked = serializers.BooleanField(source="is_locked")
    outcome = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_due_at(self, search: Search) -> datetime | None:
        return None if search.stage == Stage.QUEUED else search.due_at

    @extend_schema_field(serializers.ChoiceField(choices=Outcome.choices, allow_null=True))
    def get_outcome(self, search: Search) -> str | None:
        found: str | None = search.outcome  # type: ignore[attr-defined]
        shown = search.stage == Stage.CONCLUDED and not search.is_locked  # type: ignore[attr-defined]
        return found if shown else None


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class StandingSerializer(serializers.Serializer[Any]):
    """Who has to act, in words; `shows_result`: candidates and examinations may be read."""

    who = serializers.CharField()
    is_overdue = serializers.BooleanField()
    shows_result = serializers.BooleanField()
    is_gone = serializers.BooleanField()
    may_decide = serializers.BooleanField()


class SearchedGallerySerializer(serializers.Serializer[Any]):
    """`version` is the root of the gallery as it was sealed for the search; null before that."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField(allow_null=True)


class DecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=Decision.choices)
    decided_by = serializers.CharField(source="decided_by_label")
    decided_at = serializers.DateTimeField()
    reason = serializers.CharField()


class GroundsSerializer(serializers.Serializer[Any]):
    """`other_galleries` are those of other agencies, in words."""

    reason = serializers.CharField()
    facts = serializers.CharField()
    reference = serializers.CharField()
    document_sha256 = serializers.CharField()
    galleries = SearchedGallerySerializer(many=True)
    other_galleries = serializers.ListField(child=serializers.CharField())
    decision = DecisionSerializer(allow_null=True)


class MomentSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(source="when")
    act = serializers.CharField(source="words")
    by = serializers.CharField(source="who")


class ScanSerializer(serializers.Serializer[Any]):
    """A scan of a gallery, or by a grant of another agency's.

    It found the share `recall` 0..1 of the nearest pictures in `measured_on` searches, and compared
    the `reranked` best of its codes exactly.
    """

    gallery = serializers.UUIDField(allow_null=True, default=None)
    grant = serializers.UUIDField(allow_null=True, default=None)
    recall = serializers.FloatField()
    measured_on = serializers.IntegerField()
    measured_at = serializers.DateTimeField()
    reranked = serializers.IntegerField()
    shards = serializers.IntegerField(default=1)


class ComparisonSerializer(serializers.Serializer[Any]):
    """How it was compared, in the words of page and report. All but the `scanned` was in SQL."""

    text = serializers.CharField()
    scanned = ScanSerializer(many=True)


class OneSearchSerializer(SearchSerializer):
    """A search with its grounds, where it stands, and what happened to it."""

    standing = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()
    grounds = serializers.SerializerMethodField()
    templates_searched = serializers.IntegerField(allow_null=True)
    comparison = serializers.SerializerMethodField()
    scale = serializers.CharField()
    history = serializers.SerializerMethodField()

    @extend_schema_field(StandingSerializer)
    def get_standing(self, search: Search) -> Any:
        found: Standing = standing_of(self.context["view"].actor, search)
        return StandingSerializer(found).data

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_failure(self, search: Search) -> Any:
        code = search.failure_code
        return {"code": code, "detail": message_of(code)} if code else None

    @extend_schema_field(ComparisonSerializer(allow_null=True))
    def get_comparison(self, search: Search) -> Any:
        """Null until it was compared."""
        if search.templates_searched is None:
            return None
        scanned = search.comparison.get("scanned", [])
        return ComparisonSerializer({"text": search.comparison_in_words, "scanned": scanned}).data

    @extend_schema_field(GroundsSerializer)
    def get_grounds(self, search: Search) -> Any:
        return grounds_told(search)

    @extend_schema_field(MomentSerializer(many=True))
    def get_history(self, search: Search) -> Any:
        return MomentSerializer(moments_of(search, with_result=False), many=True).data


def grounds_told(search: Search) -> Any:
    """The grounds as a search and its authorization tell them."""
    found, versions = grounds_of(search), _versions(search)
    told = {
        "reason": found.reason,
        "facts": found.facts,
        "reference": found.reference,
        "document_sha256": search.document_sha256 if found.has_document else "",
        "galleries": [
            {"id": one.pk, "name": one.name, "version": versions.get(str(one.pk))}
            for one in found.galleries
        ],
        "other_galleries": [one.title for one in found.grants],
        "decision": found.decision,
    }
    return GroundsSerializer(told).data


def _versions(search: Search) -> dict[str, str]:
    token = search.tokens.first()
    sealed = json.loads(token.document)["galleries"] if token else []
    return {one["id"]: one["version"] for one in sealed}
