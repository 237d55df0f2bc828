"""Probes for programs: uploaded into a case, looked at, turned."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.filters import YesNoFilter
from accounts.rest.views import AgencyApiView
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.access import case_for, probe_for
from searches.api.probe_fields import ProbeRowSerializer, ProbeSerializer
from searches.faults import PictureRefused
from searches.images import ImageRejected
from searches.models import CaptureKind, JobState, Probe, Search
from searches.services.capture import MAX_TEXT, Capture
from searches.services.probes import turn_probe, upload_probe

UPLOADED = OpenApiExample(
    "A picture of a surveillance camera",
    {
        "picture": "(the file)",
        "captured_on": "2026-11-03",
        "capture_kind": "cctv",
        "capture_place": "Entrance of the bank, 12 Harbour Street",
        "capture_device": "Camera 4",
    },
    request_only=True,
    media_type="multipart/form-data",
)
TURNED = OpenApiExample("A quarter to the left", {"direction": "left"}, request_only=True)
QUARTER_TURNS = {"left": 3, "right": 1}


class NewProbeSerializer(serializers.Serializer[Any]):
    """A JPEG, PNG, WebP, HEIC, TIFF or BMP; and when, by what and where it was taken."""

    # An empty file is answered with a code of its own.
    picture = serializers.FileField(allow_empty_file=True, use_url=False)
    captured_on = serializers.DateField()
    capture_kind = serializers.ChoiceField(choices=CaptureKind.choices)
    capture_place = serializers.CharField(max_length=MAX_TEXT)
    capture_device = serializers.CharField(
        max_length=MAX_TEXT, required=False, allow_blank=True, default=""
    )


class TurnSerializer(serializers.Serializer[Any]):
    direction = serializers.ChoiceField(choices=list(QUARTER_TURNS))


class ProbeFilter(filters.FilterSet):
    """`searched` is false for the pictures that no search was made with."""

    state = filters.ChoiceFilter(choices=JobState.choices)
    searched = YesNoFilter()

    class Meta:
        model = Probe
        fields = ("state",)


class CaseProbes(AgencyApiView):
    """The probes of a case, newest first."""

    requires = {"get": Permission.SEARCH, "post": Permission.SEARCH}
    serializer_class = ProbeRowSerializer
    filterset_class = ProbeFilter
    parser_classes = [MultiPartParser]
    ordering = ("-created_at", "-pk")
    ordering_fields = ("created_at",)

    @extend_schema(operation_id="case_probes_list", tags=["probes"])
    def get(self, request: Request, pk: UUID) -> Response:
        return self.listed(_with_searched(case_for(self.actor, pk).probes.all()))

    @extend_schema(
        operation_id="probes_upload",
        tags=["probes"],
        request={"multipart/form-data": NewProbeSerializer},
        responses={201: ProbeSerializer},
        examples=[UPLOADED],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Upload a picture. Its faces are found by a worker: ask for the probe until it is done."""
        case, said = case_for(self.actor, pk), self.asked(NewProbeSerializer)
        try:
            probe = upload_probe(
                actor=self.actor,
                case=case,
                data=said["picture"].read(),
                capture=Capture(
                    captured_on=said["captured_on"],
                    kind=said["capture_kind"],
                    place=said["capture_place"],
                    device=said["capture_device"],
                ),
                submission_key=self.submission_key(),
            )
        except ImageRejected as rejected:
            raise PictureRefused(rejected) from rejected
        headers = {"Location": reverse("api_probe", args=[probe.pk])}
        return Response(ProbeSerializer(probe).data, 201, headers=headers)


def _with_searched(probes: QuerySet[Probe]) -> QuerySet[Probe]:
    return probes.annotate(searched=Exists(Search.objects.filter(probe=OuterRef("pk"))))


class ProbeView(AgencyApiView):
    """Base of what concerns one probe."""

    serializer_class = ProbeSerializer

    def told_anew(self, pk: UUID, status: int = 200) -> Response:
        """The probe as it is now; after a change its faces are being found again."""
        return self.told(probe_for(self.actor, pk), status)


class OneProbe(ProbeView):
    """A probe: its state, its faces, how it was edited. That it was looked at is recorded."""

    requires = {"get": Permission.SEARCH}

    @extend_schema(operation_id="probes_get", tags=["probes"])
    def get(self, request: Request, pk: UUID) -> Response:
        probe = probe_for(self.actor, pk)
        record(self.actor, Action.PROBE_VIEWED, probe, {"case": str(probe.case_id)})
        return self.told(probe)


class ProbeTurn(ProbeView):
    """Turns the picture a quarter and has its faces found again."""

    requires = {"post": Permission.SEARCH}

    @extend_schema(
        operation_id="probes_turn",
        tags=["probes"],
        request=TurnSerializer,
        responses=ProbeSerializer,
        examples=[TURNED],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        probe = probe_for(self.actor, pk)
        turns = QUARTER_TURNS[self.asked(TurnSerializer)["direction"]]
        turn_probe(actor=self.actor, probe=probe, quarter_turns=turns)
        return self.told_anew(pk)
