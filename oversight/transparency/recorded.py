"""The agency's entries in the database, as far as a signed head closes over them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from oversight.transparency.periods import Period
from oversight.transparency.rules import is_counted
from portal.audit.actions import Action
from portal.audit.canonical import moment, plain
from portal.audit.models import AuditEntry, Checkpoint

# There is an entry for each picture of a gallery: no more of it is held in memory than is read.
READ = {"image.enrolled": ("gallery",)}
COUNTED = [str(action) for action in Action if is_counted(action)]


def entries_under(checkpoint: Checkpoint, period: Period, zone: str) -> Iterator[dict[str, Any]]:
    """What of the entries counting reads, up to the end of the period, inside the scope.

    Only what is linked up to the checkpoint: an export up to that head has the same entries.
    """
    rows = AuditEntry.objects.filter(
        agency_id=checkpoint.agency_id,
        link__number__lte=checkpoint.entries,
        action__in=COUNTED,
        at__lt=datetime.fromisoformat(period.bounds(zone)[1]),
    ).order_by("id")
    values = rows.values_list("id", "at", "action", "subject_id", "data")
    for pk, at, action, subject, data in values.iterator(chunk_size=2000):
        yield {
            "id": pk,
            "at": moment(at),
            "action": action,
            "subject": {"id": subject},
            "data": plain({k: data[k] for k in READ.get(action, data)}),
        }
