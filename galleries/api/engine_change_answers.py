"""What programs are told of changes of engine, and what they say of one."""

from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from galleries.engine_change_page import next_switch
from galleries.engine_change_queries import Offer, progress_of, rejections
from galleries.models import ChangeStage, EngineChange, Switch
from galleries.models.engine_change import MOST_PER_MINUTE
from searches.faults import message_of


class Ending(models.TextChoices):
    """How a change ends: before its cut-over or after it."""

    CANCEL = "cancel"
    REMOVE = "remove"


class EngineSerializer(SparseSerializer):
    """An engine of the installation; `problem` is a code for the operator when it cannot be read.

    `contract` is what a change is started with.
    """

    kind = serializers.CharField()
    contract = serializers.SerializerMethodField()
    scale = serializers.SerializerMethodField()
    licence = serializers.SerializerMethodField()
    is_current = serializers.BooleanField()
    can_be_chosen = serializers.BooleanField()
    problem = serializers.CharField()

    def get_contract(self, offer: Offer) -> str | None:
        return offer.facts.contract.id if offer.facts else None

    def get_scale(self, offer: Offer) -> str | None:
        return offer.facts.scale if offer.facts else None

    def get_licence(self, offer: Offer) -> str | None:
        return offer.facts.licence.title if offer.facts else None


class ChangeSerializer(SparseSerializer):
    """A change of engine as a list has it; `asked` is what a worker does as soon as it can."""

    id = serializers.UUIDField()
    gallery = serializers.UUIDField(source="gallery_id")
    from_contract = serializers.CharField(source="from_contract.contract")
    to_contract = serializers.CharField(source="to_contract.contract")
    stage = serializers.ChoiceField(choices=ChangeStage.choices)
    asked = serializers.ChoiceField(choices=Switch.choices, allow_blank=True)
    asked_by = serializers.CharField(source="asked_by_label")
    paused = serializers.BooleanField()
    throttle = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(source="failure_code")
    detail = serializers.SerializerMethodField()
    removed_templates = serializers.IntegerField()
    started_by = serializers.CharField(source="started_by_label")
    started_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    switched_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_detail(self, change: EngineChange) -> str:
        return message_of(change.failure_code) if change.failure_code else ""


class EmbeddingSerializer(serializers.Serializer[Any]):
    """How many pictures have templates of the engine to switch to; `rate` is per minute."""

    images = serializers.IntegerField()
    embedded = serializers.IntegerField()
    rejected = serializers.IntegerField()
    missing = serializers.IntegerField()
    percent = serializers.IntegerField()
    rate = serializers.FloatField()
    minutes_left = serializers.FloatField(allow_null=True)


class OneChangeSerializer(ChangeSerializer):
    """`progress` is null when it is over. `next_switch` is what may be asked for now.

    `rejected` is how many pictures the new engine rejects, `losses` how many the one to switch to
    does: `accepted_losses` of a switch.
    """

    progress = serializers.SerializerMethodField()
    next_switch = serializers.SerializerMethodField()
    rejected = serializers.SerializerMethodField()
    losses = serializers.SerializerMethodField()

    @extend_schema_field(EmbeddingSerializer(allow_null=True))
    def get_progress(self, change: EngineChange) -> dict[str, Any] | None:
        if change.is_over:
            return None
        return dict(EmbeddingSerializer(progress_of(change)).data)

    @extend_schema_field(serializers.ChoiceField(choices=Switch.choices, allow_null=True))
    def get_next_switch(self, change: EngineChange) -> str | None:
        return next_switch(change).value if change.has_both and not change.asked else None

    def get_rejected(self, change: EngineChange) -> int:
        return rejections(change, change.to_contract).count()

    def get_losses(self, change: EngineChange) -> int:
        return rejections(change).count()


@extend_schema_field(OpenApiTypes.STR)
class _Words(serializers.CharField):
    """Why a picture is rejected, in words."""

    def to_representation(self, value: Any) -> str:
        return message_of(value)


class RejectionSerializer(SparseSerializer):
    """A picture that the new engine rejects: no search finds it under that engine."""

    image = serializers.UUIDField(source="image_id")
    subject = serializers.UUIDField(source="image.subject_id")
    reference = serializers.CharField(source="image.subject.reference")
    code = serializers.CharField()
    detail = _Words(source="code")
    at = serializers.DateTimeField()


class PaceSerializer(serializers.Serializer[Any]):
    """`throttle`: pictures per minute at most; null is full speed."""

    throttle = serializers.IntegerField(min_value=1, max_value=MOST_PER_MINUTE, allow_null=True)
    paused = serializers.BooleanField()


class NewChangeSerializer(serializers.Serializer[Any]):
    """`contract` of one of the gallery's `engines/`."""

    contract = serializers.CharField(max_length=200)
    throttle = serializers.IntegerField(
        min_value=1, max_value=MOST_PER_MINUTE, allow_null=True, required=False, default=None
    )


class SwitchSerializer(serializers.Serializer[Any]):
    """`accepted_losses` is the number of pictures that no search finds afterwards: `losses`."""

    to = serializers.ChoiceField(choices=Switch.choices)
    accepted_losses = serializers.IntegerField(min_value=0, required=False, default=0)


class EndingSerializer(serializers.Serializer[Any]):
    """`cancel` before the cut-over, `remove` (the old templates) after it."""

    act = serializers.ChoiceField(choices=Ending.choices)
