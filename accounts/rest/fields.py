"""What an answer consists of: `?fields=` leaves out what a program does not need."""

from typing import Any

from rest_framework import serializers

from accounts.faults import Fault
from accounts.rest.problems import Problem

PARAMETER = "fields"


class SparseSerializer(serializers.Serializer[Any]):
    """Base of what the API answers with: the outermost object has only the fields asked for."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is None or request.method not in ("GET", "HEAD") or not self._is_outermost():
            return fields
        asked = request.query_params.get(PARAMETER)
        if asked is None:
            return fields
        names = [name.strip() for name in asked.split(",") if name.strip()]
        if not names or not set(names) <= set(fields):
            raise Problem(400, Fault("fields_unknown"), known=sorted(fields))
        return {name: field for name, field in fields.items() if name in names}

    def _is_outermost(self) -> bool:
        parent = self.parent
        return parent is None or (
            isinstance(parent, serializers.ListSerializer) and parent.parent is None
        )
