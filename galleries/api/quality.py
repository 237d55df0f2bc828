"""Quality settings of a gallery for programs: the duplicate check, and limits for advice."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from galleries.review_queries import unchecked_images
from galleries.services.quality import change_quality
from searches.access import gallery_or_404
from searches.models import DuplicateCheck, Gallery
from searches.quality_advice import MEASURES, Limit, limits_of

EXAMPLE = OpenApiExample(
    "A stricter limit, and a similarity of our own",
    {
        "duplicate_check": "own",
        "duplicate_similarity": 0.9,
        "limits": [{"measure": "sharpness", "least": 0.4, "most": None}],
    },
    request_only=True,
)


class QualityLimitSerializer(serializers.Serializer[Any]):
    """`is_usual`: the gallery has no limit of its own for this measure."""

    measure = serializers.CharField(source="measure.name")
    words = serializers.CharField(source="measure.label")
    unit = serializers.CharField(source="measure.unit")
    least = serializers.FloatField(source="limit.least", allow_null=True)
    most = serializers.FloatField(source="limit.most", allow_null=True)
    is_usual = serializers.BooleanField()


class QualitySerializer(SparseSerializer):
    """From which similarity on a new picture is held, and outside of which limits there is advice.

    A similarity of the gallery's own counts for the engine with `duplicate_contract` alone.
    `unchecked` pictures were enrolled without being compared with the others.
    """

    gallery = serializers.UUIDField(source="pk")
    duplicate_check = serializers.ChoiceField(choices=DuplicateCheck.choices)
    duplicate_similarity = serializers.FloatField(allow_null=True)
    duplicate_contract = serializers.SerializerMethodField()
    limits = serializers.SerializerMethodField()
    unchecked = serializers.SerializerMethodField()

    def get_duplicate_contract(self, gallery: Gallery) -> str | None:
        chosen = gallery.duplicate_contract
        return chosen.contract if chosen else None

    @extend_schema_field(QualityLimitSerializer(many=True))
    def get_limits(self, gallery: Gallery) -> list[dict[str, Any]]:
        limits = limits_of(gallery)
        rows = [
            {
                "measure": measure,
                "limit": limits[measure.name],
                "is_usual": limits[measure.name] == measure.limit,
            }
            for measure in MEASURES
        ]
        return list(QualityLimitSerializer(rows, many=True).data)

    def get_unchecked(self, gallery: Gallery) -> int:
        return unchecked_images(gallery)


class NewQualityLimitSerializer(serializers.Serializer[Any]):
    """Replaces both sides of the limit of a measure; null is no limit on that side."""

    measure = serializers.ChoiceField(choices=[measure.name for measure in MEASURES])
    least = serializers.FloatField(allow_null=True)
    most = serializers.FloatField(allow_null=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        least, most = said["least"], said["most"]
        if least is not None and most is not None and least > most:
            words = _("The least is above the most.")
            raise serializers.ValidationError({"most": words}, "invalid")
        return said


class ChangedQualitySerializer(serializers.Serializer[Any]):
    """Only what is to change. The check `own` needs a `duplicate_similarity`, on the scale of the
    gallery's engine."""

    duplicate_check = serializers.ChoiceField(choices=DuplicateCheck.choices, required=False)
    duplicate_similarity = serializers.FloatField(
        min_value=-1, max_value=1, required=False, allow_null=True
    )
    limits = NewQualityLimitSerializer(many=True, required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if "duplicate_similarity" in said and "duplicate_check" not in said:
            words = _("Give the check with its similarity.")
            raise serializers.ValidationError({"duplicate_check": words}, "required")
        return said

    def validate_limits(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["measure"] for row in rows}) < len(rows):
            raise serializers.ValidationError(_("Name each measure once."), "unique")
        return rows


class Quality(AgencyApiView):
    """From when on new pictures are held, and what is advised about them. None is refused by it."""

    requires = {"get": Permission.MANAGE_GALLERIES, "patch": Permission.MANAGE_GALLERIES}
    serializer_class = QualitySerializer

    @extend_schema(operation_id="quality_get", tags=["galleries"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.told(gallery_or_404(pk))

    @extend_schema(
        operation_id="quality_change",
        tags=["galleries"],
        request=ChangedQualitySerializer,
        responses=QualitySerializer,
        examples=[EXAMPLE],
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the settings for what is enrolled from now on."""
        gallery, said = gallery_or_404(pk), self.asked(ChangedQualitySerializer)
        limits = {
            row["measure"]: Limit(row["least"], row["most"]) for row in said.pop("limits", ())
        }
        changed = change_quality(actor=self.actor, gallery=gallery, limits=limits, **said)
        return self.told(changed)
