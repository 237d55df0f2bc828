"""What programs are told of erasures, and what they say when they ask for one."""

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from galleries.forms_erasure import GIVEN
from galleries.models import Erasure, ErasureCause, ErasurePhase, ErasureTarget
from galleries.services.erasing import MAX_REASON, MIN_REASON
from searches.faults import message_of
from searches.models import JobState


class ErasureSerializer(SparseSerializer):
    """`phase` is how far the worker is; from `emptied` on no page and no search shows it."""

    id = serializers.UUIDField()
    target = serializers.ChoiceField(choices=ErasureTarget.choices)
    cause = serializers.ChoiceField(choices=ErasureCause.choices)
    state = serializers.ChoiceField(choices=JobState.choices)
    phase = serializers.ChoiceField(choices=ErasurePhase.choices)
    code = serializers.CharField(source="failure_code")
    detail = serializers.SerializerMethodField()
    gallery = serializers.UUIDField(source="gallery_id", allow_null=True)
    images = serializers.IntegerField()
    subjects = serializers.IntegerField()
    requested_by = serializers.CharField(source="requested_by_label")
    created_at = serializers.DateTimeField()
    emptied_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_detail(self, erasure: Erasure) -> str:
        return message_of(erasure.failure_code) if erasure.failure_code else ""


class OneErasureSerializer(ErasureSerializer):
    """With the reason, which the receipt does not contain."""

    reason = serializers.CharField()
    has_receipt = serializers.SerializerMethodField()

    def get_has_receipt(self, erasure: Erasure) -> bool:
        return erasure.document is not None


class ReceiptSerializer(SparseSerializer):
    """What docs/erasure.md says how to check."""

    kind = serializers.CharField()
    document = serializers.DictField()
    key_id = serializers.CharField()
    signature = serializers.CharField()
    public_key = serializers.CharField()


class PreviewSerializer(SparseSerializer):
    """`lists` are candidate lists of concluded searches in which it keeps a place without face."""

    target = serializers.ChoiceField(choices=ErasureTarget.choices)
    title = serializers.CharField()
    word = serializers.CharField()
    images = serializers.IntegerField()
    subjects = serializers.IntegerField()
    lists = serializers.IntegerField()
    searches = serializers.IntegerField()


class AskSerializer(serializers.Serializer[Any]):
    """`confirmed` is the `word` of the preview, to show that it was read."""

    cause = serializers.ChoiceField(choices=[(cause.value, cause.label) for cause in GIVEN])
    reason = serializers.CharField(min_length=MIN_REASON, max_length=MAX_REASON)
    confirmed = serializers.CharField(max_length=200)

    def validate_cause(self, cause: str) -> ErasureCause:
        return ErasureCause(cause)
