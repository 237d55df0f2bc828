"""How an import gets on, as server-sent events."""

from functools import partial
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema_view

from accounts.actor import Actor
from accounts.permissions import Permission
from accounts.rest.event_stream import EventsView, stream_schema
from accounts.rest.waiting import State, Watched
from galleries.models import ImportBatch, ImportStage

TOLD = ("id", "stage", "code", "received", "touched_at")
ENDED = (ImportStage.DONE, ImportStage.CANCELLED, ImportStage.FAILED)


def state_of(pk: UUID) -> State:
    """What is told of an import while it is waited for: nothing of what is in it."""
    state = ImportBatch.objects.filter(pk=pk).values(*TOLD).first()
    if state is None:
        raise Http404
    return dict(state)


def is_over(state: State) -> bool:
    return state["stage"] in ENDED


def _admit(pk: UUID, actor: Actor) -> None:
    actor.require(Permission.ENROL)
    state_of(pk)


def watched(pk: UUID) -> Watched:
    return Watched(partial(state_of, pk), is_over, partial(_admit, pk))


@extend_schema_view(get=stream_schema("imports_events", "imports"))
class ImportEvents(EventsView):
    """Changes of an import as server-sent events; see the events of a search."""

    requires = {"get": Permission.ENROL}

    def watched(self, pk: UUID) -> Watched:
        return watched(pk)
