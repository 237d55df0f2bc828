"""What programs read of a concluded search: conclusion, candidates, judgements."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from searches.models import Disposition, FollowUpOutcome, Outcome, ScoreSource
from searches.result_page import CandidateRow, Result
from searches.score_words import worth_in_words
from searches.scores.figure import Basis
from searches.statements import CONCLUSION_STATEMENT


class JudgementSerializer(serializers.Serializer[Any]):
    """What one examiner decided; `features` are names and comparisons in words."""

    round = serializers.CharField()
    examiner = serializers.CharField()
    disposition = serializers.ChoiceField(choices=Disposition.choices)
    features = serializers.SerializerMethodField()
    comment = serializers.CharField()

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_features(self, judgement: Any) -> dict[str, str]:
        return dict(judgement.features)


class WorthSerializer(serializers.Serializer[Any]):
    """What a similarity was worth when it was searched: how often strangers are so similar.

    `rate`, `low` and `high` are shares 0..1 of searches of unrelated faces in a gallery of
    `subjects` people, from `n` searches. `rate` is null where it is less than `least`, the lowest
    that can be told. `is_within`: whether it passes the threshold `wished`; null: not known.
    """

    text = serializers.SerializerMethodField()
    rate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    least = serializers.FloatField()
    n = serializers.IntegerField()
    subjects = serializers.IntegerField()
    basis = serializers.ChoiceField(choices=[one.value for one in Basis])
    measurement = serializers.UUIDField()
    measured_at = serializers.DateTimeField()
    source = serializers.ChoiceField(choices=ScoreSource.choices)  # type: ignore[assignment]
    wished = serializers.FloatField(allow_null=True)
    is_within = serializers.BooleanField(allow_null=True)

    def get_text(self, worth: dict[str, Any]) -> str:
        return worth_in_words(worth)


class CandidateSerializer(SparseSerializer):
    """A candidate. `origin` is a code for the agency whose gallery it is; of leads alone."""

    rank = serializers.IntegerField(source="candidate.rank")
    reference = serializers.SerializerMethodField()
    subject = serializers.SerializerMethodField()
    image = serializers.UUIDField(source="candidate.image_id", allow_null=True)
    shared_face = serializers.UUIDField(source="candidate.shared_id", allow_null=True)
    picture_erased_at = serializers.DateTimeField(
        source="candidate.picture.erased_at", allow_null=True
    )
    is_lead = serializers.BooleanField()
    is_below_threshold = serializers.SerializerMethodField()
    similarity = serializers.FloatField(source="candidate.similarity")
    worth = serializers.SerializerMethodField()
    gallery = serializers.CharField(source="candidate.gallery_name")
    source_register = serializers.CharField(source="candidate.picture.source")
    legal_basis = serializers.CharField(source="candidate.picture.legal_basis")
    collected_on = serializers.DateField(source="candidate.picture.collected_on")
    judgements = JudgementSerializer(many=True)
    origin = serializers.CharField()

    def get_reference(self, row: CandidateRow) -> str | None:
        """Null when the subject was erased."""
        subject = row.candidate.subject
        gone = subject is not None and subject.erased_at is not None
        return None if gone else row.candidate.reference

    def get_subject(self, row: CandidateRow) -> UUID | None:
        """For those who may see galleries."""
        seen = self.context["view"].actor.can(Permission.VIEW_GALLERIES)
        return row.candidate.subject_id if seen else None

    @extend_schema_field(WorthSerializer(allow_null=True))
    def get_worth(self, row: CandidateRow) -> Any:
        """Null: not measured."""
        worth = row.candidate.worth
        return WorthSerializer(worth).data if worth else None

    def get_is_below_threshold(self, row: CandidateRow) -> bool:
        """Below the threshold that the engine's makers publish."""
        threshold = self.context.get("threshold")
        return threshold is not None and row.candidate.similarity < threshold


class CandidatesSerializer(SparseSerializer):
    """All candidates, the most similar first, on the `scale` of the engine.

    `thresholds` says in words how many are above the agency's own; empty: it set none.
    """

    scale = serializers.CharField()
    thresholds = serializers.CharField()
    statement = serializers.CharField()
    results = CandidateSerializer(many=True)


class RoundSerializer(serializers.Serializer[Any]):
    """An examination as a whole. Faces mixed in are none of the candidates."""

    round = serializers.IntegerField(source="examination.round")
    title = serializers.CharField()
    examiner = serializers.CharField(source="examination.examiner_label")
    started_at = serializers.DateTimeField(source="examination.started_at")
    submitted_at = serializers.DateTimeField(source="examination.submitted_at")
    faces = serializers.IntegerField()
    mixed_in = serializers.IntegerField()
    mixed_in_retained = serializers.IntegerField()


class FollowUpSerializer(SparseSerializer):
    """What other evidence made of a concluded search."""

    outcome = serializers.ChoiceField(choices=FollowUpOutcome.choices)
    reported_by = serializers.CharField(source="reported_by_label")
    reported_at = serializers.DateTimeField()


class NotedFollowUpSerializer(FollowUpSerializer):
    note = serializers.CharField()


class ConclusionSerializer(SparseSerializer):
    """A lead at most. The `statement` goes with it wherever it is shown."""

    outcome = serializers.ChoiceField(source="conclusion.outcome", choices=Outcome.choices)
    statement = serializers.SerializerMethodField()
    statement_version = serializers.IntegerField(source="conclusion.statement_version")
    concluded_at = serializers.DateTimeField(source="conclusion.concluded_at")
    candidates = serializers.IntegerField(source="count")
    leads = serializers.SerializerMethodField()
    advice = serializers.ListField(child=serializers.CharField())
    rounds = RoundSerializer(many=True)
    follow_ups = serializers.SerializerMethodField()

    def get_statement(self, result: Result) -> str:
        return str(CONCLUSION_STATEMENT)

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_leads(self, result: Result) -> list[int]:
        """The ranks of the leads."""
        return [row.candidate.rank for row in result.leads]

    @extend_schema_field(NotedFollowUpSerializer(many=True))
    def get_follow_ups(self, result: Result) -> Any:
        rows = [
            {
                "outcome": row.outcome,
                "note": note,
                "reported_by_label": row.reported_by_label,
                "reported_at": row.reported_at,
            }
            for row, note in result.follow_ups
        ]
        return NotedFollowUpSerializer(rows, many=True).data
