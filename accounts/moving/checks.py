"""After the rows are in, and before they are kept: is it all there, and does it work?"""

from collections.abc import Callable

from accounts.models import FormerRecord
from accounts.moving.faults import MoveRefused
from accounts.moving.files import check_files
from accounts.moving.former import verify_kept
from accounts.moving.mapping import Moving
from accounts.offboarding.tables import count_of
from portal.audit.checkpoints import take_checkpoint
from portal.audit.live import verify_live

Check = Callable[[Moving], None]
_checks: list[Check] = []


def check_also(check: Check) -> None:
    """Have an app look at what it knows how to use; it raises MoveRefused."""
    _checks.append(check)


def check_rows(moving: Moving) -> None:
    """Every table has what the signed list says, in the agency's scope. Raises MoveRefused."""
    for table, written in moving.written.items():
        listed = moving.package.rows_listed(table) - moving.left_out.get(table, 0)
        if not written == listed == count_of(table, moving.agency_id):
            raise MoveRefused("import_check_failed", table)


def check_use(moving: Moving) -> None:
    """Every file opens, and what apps know how to use works. Raises MoveRefused."""
    check_files(moving)
    for check in _checks:
        check(moving)


def check_records(moving: Moving) -> None:
    """The closed chain as it lies here, and the new one, whose first head is signed for it."""
    for former in FormerRecord.objects.all():
        if verify_kept(former).findings:
            raise MoveRefused("import_check_failed", "former record")
    take_checkpoint(moving.agency_id)
    if verify_live(moving.agency_id, moving.slug).findings:
        raise MoveRefused("import_check_failed", "record")
