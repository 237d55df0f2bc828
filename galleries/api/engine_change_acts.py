"""What programs do to a change of engine: its pace, retries, the cut-over and back, its end."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.views import AgencyApiView
from galleries.api.engine_change_answers import (
    Ending,
    EndingSerializer,
    OneChangeSerializer,
    PaceSerializer,
    SwitchSerializer,
)
from galleries.engine_change_page import change_or_404
from galleries.models import ChangeStage, Switch
from galleries.services.engine_changes import (
    ask_switch,
    end_change,
    pace_change,
    retry_rejected,
)
from searches.faults import Fault


class _Act(AgencyApiView):
    requires = {"post": Permission.MANAGE_GALLERIES}
    serializer_class = OneChangeSerializer


class Pace(_Act):
    """Pause the embedding, let it go on, or say how fast it may be."""

    @extend_schema(
        operation_id="engine_changes_pace",
        tags=["engines"],
        request=PaceSerializer,
        responses=OneChangeSerializer,
        examples=[
            OpenApiExample("Pause", {"paused": True, "throttle": None}, request_only=True),
            OpenApiExample("On, slowly", {"paused": False, "throttle": 60}, request_only=True),
        ],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        change, said = change_or_404(pk), self.asked(PaceSerializer)
        pace_change(actor=self.actor, change=change, **said)
        return self.told(change_or_404(pk))


class Retry(_Act):
    """Have the pictures that the new engine rejected tried again."""

    @extend_schema(
        operation_id="engine_changes_retry",
        tags=["engines"],
        request=None,
        responses=OneChangeSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        retry_rejected(actor=self.actor, change=change_or_404(pk))
        return self.told(change_or_404(pk))


class Switching(_Act):
    """Cut over to the new engine or roll back, in one step as soon as nothing is missing."""

    @extend_schema(
        operation_id="engine_changes_switch",
        tags=["engines"],
        request=SwitchSerializer,
        responses=OneChangeSerializer,
        examples=[
            OpenApiExample(
                "Giving two up",
                {"to": "cut_over", "accepted_losses": 2},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        change, said = change_or_404(pk), self.asked(SwitchSerializer)
        to, losses = Switch(said["to"]), said["accepted_losses"]
        ask_switch(actor=self.actor, change=change, to=to, accepted_losses=losses)
        return self.told(change_or_404(pk))


class End(_Act):
    """Give a change up, or finish it: the templates of the engine that is not used are removed.

    It cannot be taken back, and is refused when the change is not at the stage for that `act`.
    """

    @extend_schema(
        operation_id="engine_changes_end",
        tags=["engines"],
        request=EndingSerializer,
        responses=OneChangeSerializer,
        examples=[OpenApiExample("After the cut-over", {"act": "remove"}, request_only=True)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        change, act = change_or_404(pk), self.asked(EndingSerializer)["act"]
        if (act == Ending.REMOVE) != (change.stage == ChangeStage.CUT_OVER):
            raise Fault("change_stage")
        end_change(actor=self.actor, change=change)
        return self.told(change_or_404(pk))
