"""Who looked at a case, a search or a subject."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest.fields import SparseSerializer
from accounts.rest.views import AgencyApiView
from oversight.api.record import EntrySerializer
from oversight.blindness import is_blind
from oversight.looks import MOST, by_person, looks_at, thing_for
from portal.audit.actions import Action
from portal.audit.recorder import record

LATEST = 200


class LookerSerializer(serializers.Serializer[Any]):
    by = serializers.CharField(source="label")
    count = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class LooksSerializer(SparseSerializer):
    """`count` of looks and `people` with theirs; `more`: there are others that are not counted.

    `latest` are at most 200 of the entries. `blind`: examinations that are not concluded are left
    out.
    """

    count = serializers.IntegerField()
    more = serializers.BooleanField()
    blind = serializers.BooleanField()
    people = LookerSerializer(many=True)
    latest = EntrySerializer(many=True)


class Looks(AgencyApiView):
    """Views and downloads, by person; that this was asked is recorded."""

    requires = {"get": Permission.VIEW_LOOKS}
    serializer_class = LooksSerializer
    kind = ""

    def get(self, request: Request, pk: UUID) -> Response:
        thing = thing_for(self.actor, self.kind, pk)
        entries = list(looks_at(self.actor, thing)[: MOST + 1])
        record(self.actor, Action.LOOKS_VIEWED, thing)
        answer = {
            "count": min(len(entries), MOST),
            "more": len(entries) > MOST,
            "blind": is_blind(self.actor),
            "people": by_person(entries[:MOST]),
            "latest": entries[:LATEST],
        }
        return self.told(answer)


def looks_view(kind: str) -> Any:
    """The view for a case, a search or a subject, described apart."""
    schema = extend_schema(operation_id=f"looks_{kind}", tags=["record"])
    view: Any = type(f"Looks_{kind}", (Looks,), {"kind": kind, "__module__": __name__})
    return extend_schema_view(get=schema)(view).as_view()
