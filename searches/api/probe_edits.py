"""Edits of a probe for programs: the permitted ones, each on the picture that was seen."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from searches.access import probe_for
from searches.api.probe_fields import ProbeSerializer
from searches.api.probes import ProbeView
from searches.images.edits import Operation
from searches.services.editing import discard_edits, edit_probe, undo_edit

PARAMETERS: dict[Operation, dict[str, Any]] = {
    Operation.CROP: {"left": 40, "top": 20, "width": 200, "height": 240},
    Operation.ROTATE: {"degrees": -12.5},
    Operation.BRIGHTNESS_CONTRAST: {"brightness": 10, "contrast": 20},
    Operation.DEINTERLACE: {"lines": "odd"},
    Operation.SCALE: {"factor": 2},
}
SEEN = "original.0"
EXAMPLES = [
    OpenApiExample(
        f"Edit: {operation}",
        {"operation": operation, "parameters": parameters, "seen": SEEN},
        request_only=True,
    )
    for operation, parameters in PARAMETERS.items()
]
TAKEN_BACK = OpenApiExample("Of the picture seen", {"seen": SEEN}, request_only=True)


class SeenSerializer(serializers.Serializer[Any]):
    """`seen` is the probe's `shown_as`: nobody changes a picture that they never saw."""

    seen = serializers.CharField(max_length=60)


class EditSerializer(SeenSerializer):
    """`parameters` are exactly those of the operation, as in the examples."""

    operation = serializers.ChoiceField(choices=[str(one) for one in Operation])
    parameters = serializers.DictField()


class ProbeEdits(ProbeView):
    """Makes a derivative of the current picture by one operation; its faces are found anew."""

    requires = {"post": Permission.SEARCH}

    @extend_schema(
        operation_id="probes_edit",
        tags=["probes"],
        request=EditSerializer,
        responses={201: ProbeSerializer},
        examples=EXAMPLES,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        probe, said = probe_for(self.actor, pk), self.asked(EditSerializer)
        key = self.submission_key()
        edit_probe(actor=self.actor, probe=probe, submission_key=key, **said)
        return self.told_anew(pk, 201)


class ProbeBack(ProbeView):
    """Base of the ways back to an earlier picture."""

    requires = {"post": Permission.SEARCH}
    go_back: Callable[..., None]

    def post(self, request: Request, pk: UUID) -> Response:
        probe, said = probe_for(self.actor, pk), self.asked(SeenSerializer)
        type(self).go_back(actor=self.actor, probe=probe, seen=said["seen"])
        return self.told_anew(pk)


def _described(operation: str) -> Any:
    schema = extend_schema(
        operation_id=f"probes_{operation}",
        tags=["probes"],
        request=SeenSerializer,
        responses=ProbeSerializer,
        examples=[TAKEN_BACK],
    )
    return extend_schema_view(post=schema)


@_described("undo")
class ProbeUndo(ProbeBack):
    """Goes back to the picture that the current one was made of."""

    go_back = undo_edit


@_described("discard")
class ProbeDiscard(ProbeBack):
    """Goes back to the picture as it was uploaded; the edits stay on record."""

    go_back = discard_edits
