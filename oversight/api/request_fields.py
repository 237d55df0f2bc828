"""What programs get of a request of a person about their own data."""

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from oversight.models.request_words import (
    Channel,
    LetterAbout,
    NoteKind,
    RequestKind,
    RequestOutcome,
    RequestState,
)


class RequestSerializer(SparseSerializer):
    """A request in the queue; `days_left` is negative when the answer is overdue."""

    id = serializers.UUIDField(source="asked.pk")
    number = serializers.CharField(source="asked.number")
    name = serializers.CharField()
    asks_for = serializers.ChoiceField(source="asked.kind", choices=RequestKind.choices)
    stage = serializers.ChoiceField(source="asked.state", choices=RequestState.choices)
    channel = serializers.ChoiceField(source="asked.channel", choices=Channel.choices)
    received_at = serializers.DateTimeField(source="asked.received_at")
    due_on = serializers.DateField(source="asked.due_on")
    days_left = serializers.IntegerField()
    handled_by = serializers.CharField(source="asked.owner_label")


class RequestNoteSerializer(serializers.Serializer[Any]):
    note_kind = serializers.ChoiceField(choices=NoteKind.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class RequestSubjectSerializer(serializers.Serializer[Any]):
    subject = serializers.UUIDField()
    gallery = serializers.UUIDField()
    reference = serializers.CharField()


class RequestLetterSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    letter_about = serializers.ChoiceField(source="about", choices=LetterAbout.choices)
    language = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by_label")


class WholeRequestSerializer(RequestSerializer):
    """All that the request's page shows; texts are what the person and the agency wrote."""

    for_another = serializers.BooleanField(source="asked.for_another")
    reach = serializers.CharField(source="asked.reach")
    mail_confirmed = serializers.BooleanField()
    extended_at = serializers.DateTimeField(source="asked.extended_at", allow_null=True)
    identity_method = serializers.CharField(source="asked.identity_method")
    identity_at = serializers.DateTimeField(source="asked.identity_at", allow_null=True)
    identity_by = serializers.CharField(source="asked.identity_by_label")
    outcome_of_request = serializers.ChoiceField(
        source="asked.outcome", choices=RequestOutcome.choices, allow_blank=True
    )
    ground = serializers.CharField(source="asked.ground")
    withheld = serializers.CharField(source="asked.withheld")
    withheld_ground = serializers.CharField(source="asked.withheld_ground")
    decided_at = serializers.DateTimeField(source="asked.decided_at", allow_null=True)
    decided_by = serializers.CharField(source="asked.decided_by_label")
    erase_by = serializers.DateField(source="asked.erase_by", allow_null=True)
    erased_at = serializers.DateTimeField(source="asked.erased_at", allow_null=True)
    sent_at = serializers.DateTimeField(source="asked.sent_at", allow_null=True)
    sent_how = serializers.CharField(source="asked.sent_how")
    repeats = serializers.UUIDField(source="asked.duplicate_of", allow_null=True)
    repeated_by = serializers.ListField(child=serializers.UUIDField())
    texts = serializers.DictField(child=serializers.CharField())
    notes = RequestNoteSerializer(many=True)
    subjects = RequestSubjectSerializer(many=True)
    letters = RequestLetterSerializer(many=True)
