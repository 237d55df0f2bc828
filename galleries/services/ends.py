"""After an agency's rows were destroyed: the tables they lay in are written anew."""

from datetime import timedelta

from django.utils import timezone

from accounts.actor import system_actor
from accounts.models import Offboarding, OffboardingState
from galleries.erasing.rewriting import next_xid, rewrite, tables_of_agency
from galleries.models import TableRewrite
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.tenancy import platform_scope

LOOKED_BACK = timedelta(days=30)


def rewrite_after_ends() -> int:
    """Write tables anew in which destroyed agencies may have left bytes; returns how many tables.

    The clock asks each hour; nothing is done when no agency ended since the last time.
    """
    with platform_scope():
        ended = Offboarding._base_manager.filter(  # that of tenants wants an agency
            state=OffboardingState.DESTROYED, finished_at__gt=timezone.now() - LOOKED_BACK
        )
        ends = list(ended.values_list("agency_id", "finished_at"))
    tables: set[str] = set()
    for agency_id, finished_at in ends:
        own = tables_of_agency(agency_id)
        fresh = TableRewrite.objects.filter(name__in=own, at__gt=finished_at)
        tables |= set(own) - set(fresh.values_list("name", flat=True))
    if not tables:
        return 0
    done = rewrite(sorted(tables), next_xid())
    with platform_scope():
        facts = {"tables": done.tables}
        record(system_actor("erasure", None), Action.TABLES_REWRITTEN, None, facts)
    return len(done.tables)
