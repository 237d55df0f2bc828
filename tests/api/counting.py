"""How many statements a request takes, which must not grow with the rows it gives."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import AuditEntry
from portal.tenancy import scope
from tests.api.caller import Caller


def statements(caller: Caller, name: str, *args: Any, **more: Any) -> int:
    """Those of the second request: the first one notes that the token was used."""
    caller.get(name, *args, **more)
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(name, *args, **more).status_code == 200
    return len(captured)


def acts(agency_id: int, *actions: str) -> int:
    """How many entries of these acts the agency's record has."""
    with scope(agency_id):
        return AuditEntry.objects.filter(agency_id=agency_id, action__in=actions).count()
