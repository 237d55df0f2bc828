"""The review queue for programs: the questions, one of them side by side, decisions."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from galleries.forms_quality import LONGEST_REASON
from galleries.models import ReviewDecision, ReviewItem, ReviewKind, ReviewState
from galleries.review_page import choices_of, sides_of
from galleries.review_queries import RELATED, review_or_404
from galleries.services.moving import require_reviewer
from galleries.services.reviewing import decide_review, keep_all
from galleries.views.reviews import AT_ONCE, may_be_kept
from portal.audit.actions import Action
from portal.audit.recorder import record


class ReviewSerializer(SparseSerializer):
    """A question about a picture: of `reference`, and whom it resembles (`other_reference`)."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ReviewKind.choices)
    state = serializers.ChoiceField(choices=ReviewState.choices)
    gallery = serializers.UUIDField(source="gallery_id")
    enrolment = serializers.UUIDField(source="enrolment_id", allow_null=True)
    reference = serializers.SerializerMethodField()
    other_reference = serializers.SerializerMethodField()
    similarity = serializers.FloatField()
    threshold = serializers.FloatField()
    scale = serializers.CharField()
    others = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    decision = serializers.ChoiceField(choices=ReviewDecision.choices, allow_blank=True)
    decided_by = serializers.CharField(source="decided_by_label")
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_reference(self, item: ReviewItem) -> str:
        found: str = item.enrolment.reference if item.enrolment else item.subject.reference
        return found

    def get_other_reference(self, item: ReviewItem) -> str:
        return item.other_subject.reference if item.other_subject else ""


class SideSerializer(serializers.Serializer[Any]):
    """One of the pictures; empty where it was erased since, without image while it is held."""

    reference = serializers.CharField()
    subject = serializers.UUIDField(source="subject_id", allow_null=True)
    image = serializers.UUIDField(source="image_id", allow_null=True)
    register = serializers.CharField()
    collected_on = serializers.DateField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    who = serializers.CharField()
    advice = serializers.ListField(child=serializers.CharField())


class ChoiceSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=ReviewDecision.choices)
    needs_reason = serializers.BooleanField()


class OneReviewSerializer(ReviewSerializer):
    """`choices` are the decisions that are possible now; none when it is decided."""

    reason = serializers.CharField()
    sides = SideSerializer(many=True)
    choices = ChoiceSerializer(many=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """`reason` is needed to merge, move and remove."""

    decision = serializers.ChoiceField(choices=ReviewDecision.choices)
    reason = serializers.CharField(
        max_length=LONGEST_REASON, required=False, allow_blank=True, default=""
    )


class KeepSerializer(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=AT_ONCE)


class KeptSerializer(serializers.Serializer[Any]):
    kept = serializers.IntegerField()


class ReviewFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=ReviewState.choices)
    kind = filters.ChoiceFilter(choices=ReviewKind.choices)
    gallery = filters.UUIDFilter(field_name="gallery_id")

    class Meta:
        model = ReviewItem
        fields = ("state", "kind", "gallery")


class Reviews(AgencyApiView):
    """Held pictures and findings of hygiene runs, newest first, open and decided."""

    requires = {"get": Permission.VIEW_GALLERIES}
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at", "similarity")

    def rows(self) -> QuerySet[ReviewItem]:
        return ReviewItem.objects.select_related(*RELATED)

    @extend_schema(operation_id="reviews_list", tags=["reviews"])
    def get(self, request: Request) -> Response:
        return self.listed(self.rows())


class _One(AgencyApiView):
    serializer_class = OneReviewSerializer

    def as_it_is(self, item: ReviewItem) -> Response:
        item.sides = sides_of(item)  # type: ignore[attr-defined]
        item.choices = choices_of(item)  # type: ignore[attr-defined]
        return self.told(item)


class OneReview(_One):
    """One question with both sides; that it was looked at is recorded."""

    requires = {"get": Permission.VIEW_GALLERIES}

    @extend_schema(operation_id="reviews_get", tags=["reviews"])
    def get(self, request: Request, pk: UUID) -> Response:
        item = review_or_404(pk)
        facts = {"gallery": str(item.gallery_id), "kind": item.kind}
        record(self.actor, Action.GALLERY_REVIEW_VIEWED, item, facts)
        return self.as_it_is(item)


class Decision(_One):
    """Decide on a question, once and for all. For whoever enrols or manages galleries."""

    requires = {"post": Permission.VIEW_GALLERIES}

    @extend_schema(
        operation_id="reviews_decide",
        tags=["reviews"],
        request=DecisionSerializer,
        responses=OneReviewSerializer,
        examples=[OpenApiExample("Two people", {"decision": "keep"}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        require_reviewer(self.actor)
        item, said = review_or_404(pk), self.asked(DecisionSerializer)
        decision = ReviewDecision(said["decision"])
        decide_review(actor=self.actor, item=item, decision=decision, reason=said["reason"])
        return self.as_it_is(review_or_404(pk))


class Keep(AgencyApiView):
    """Keep many findings as they are. They are not asked about again."""

    requires = {"post": Permission.VIEW_GALLERIES}
    serializer_class = KeptSerializer

    @extend_schema(
        operation_id="reviews_keep",
        tags=["reviews"],
        request=KeepSerializer,
        responses=KeptSerializer,
        examples=[
            OpenApiExample(
                "One", {"items": ["5f0c2c62-3b0e-4f0a-9a3e-5b7d5a4c1e21"]}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        require_reviewer(self.actor)
        items = may_be_kept(self.asked(KeepSerializer)["items"])
        return self.told({"kept": keep_all(actor=self.actor, items=list(items))})
