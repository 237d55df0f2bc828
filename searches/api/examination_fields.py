"""What an examiner's program reads: what the workbench shows, and nothing that would sway.

No identity, similarity or rank is here, and no case; which faces were mixed in, and how similar
the others are, is told of one's own submitted examination once the search is concluded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest.fields import SparseSerializer
from searches.edit_path import edits_of
from searches.face_advice import advice_on
from searches.features import Comparison
from searches.models import Disposition, Examination, ExaminationItem, ExaminationState, Stage
from searches.sealed import texts_of
from searches.services.grounds import MAX_WORDS
from searches.statements import LEAD_STATEMENT
from searches.workbench import TITLES, Opinion, opinions_about, outcomes_of


@dataclass(frozen=True, slots=True)
class FaceShown:
    """A face with one's own decision about it."""

    position: int
    disposition: str
    features: Mapping[str, str]
    comment: str
    picture_erased_at: datetime | None
    opinions: list[Opinion] = field(default_factory=list)
    similarity: float | None = None
    was_mixed_in: bool | None = None


def faces_of(examination: Examination) -> list[FaceShown]:
    items = list(examination.items.select_related("image", "shared").order_by("position"))
    opinions = opinions_about(examination, items) if examination.is_open else {}
    concluded = examination.search.stage == Stage.CONCLUDED and not examination.is_open
    told = {one.position: one for one in outcomes_of(examination)} if concluded else {}
    comments = texts_of(items, "comment_sealed")
    return [
        FaceShown(
            position=item.position,
            disposition=item.disposition,
            features=item.features,
            comment=comment,
            picture_erased_at=item.picture.erased_at,
            opinions=opinions.get(item.pk, []),
            similarity=told[item.position].similarity if told else None,
            was_mixed_in=told[item.position].was_mixed_in if told else None,
        )
        for item, comment in zip(items, comments, strict=True)
    ]


def face_of(examination: Examination, item: ExaminationItem) -> FaceShown:
    """One face of an open examination."""
    return FaceShown(
        position=item.position,
        disposition=item.disposition,
        features=item.features,
        comment=item.comment,
        picture_erased_at=item.picture.erased_at,
        opinions=opinions_about(examination, [item])[item.pk],
    )


class RemarkSerializer(serializers.Serializer[Any]):
    """The features that were compared alike, in words."""

    comparison = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())


class OpinionSerializer(serializers.Serializer[Any]):
    """What one of the two before decided, in words; the order does not tell who."""

    disposition = serializers.CharField()
    remarks = RemarkSerializer(many=True)
    comment = serializers.CharField()


class FaceDecisionSerializer(SparseSerializer):
    """The decision about one face; `features` are compared with the probe's."""

    disposition = serializers.ChoiceField(choices=Disposition.choices)
    features = serializers.DictField(
        child=serializers.ChoiceField(choices=Comparison.choices), required=False, default=dict
    )
    comment = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=MAX_WORDS
    )


class ExaminationFaceSerializer(SparseSerializer):
    """A face by its position, the only name it has here. `opinions` are for an adjudicator."""

    position = serializers.IntegerField()
    disposition = serializers.ChoiceField(choices=Disposition.choices, allow_blank=True)
    features = serializers.DictField(child=serializers.ChoiceField(choices=Comparison.choices))
    comment = serializers.CharField()
    picture_erased_at = serializers.DateTimeField(allow_null=True)
    opinions = OpinionSerializer(many=True)
    similarity = serializers.FloatField(allow_null=True)
    was_mixed_in = serializers.BooleanField(allow_null=True)


class EditSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    details = serializers.CharField()


class ExaminationSerializer(SparseSerializer):
    """One's own examination; `advice` is on the quality of the probe, `edits` what was done to it.

    `similarity` and `was_mixed_in` of the faces are null until the search is concluded.
    """

    id = serializers.UUIDField()
    round = serializers.IntegerField()
    title = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=ExaminationState.choices)
    started_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    advice = serializers.SerializerMethodField()
    edits = serializers.SerializerMethodField()
    statement = serializers.SerializerMethodField()
    faces = serializers.SerializerMethodField()

    def get_title(self, examination: Examination) -> str:
        return str(TITLES[examination.round])

    def get_advice(self, examination: Examination) -> list[str]:
        return advice_on(examination.search.face)

    @extend_schema_field(EditSerializer(many=True))
    def get_edits(self, examination: Examination) -> Any:
        return EditSerializer(edits_of(examination.search.probe), many=True).data

    def get_statement(self, examination: Examination) -> str:
        return str(LEAD_STATEMENT)

    @extend_schema_field(ExaminationFaceSerializer(many=True))
    def get_faces(self, examination: Examination) -> Any:
        return ExaminationFaceSerializer(faces_of(examination), many=True).data
