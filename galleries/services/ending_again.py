"""After a restore: agencies that ended after the backup was made end again, key first.

The keys that were destroyed with them are in the backup. The steps up to their end (closing, the
export, its download) were taken once and are not asked for again; the administrator's connection
says so past the triggers, and from there on it is the destruction of every other agency.
"""

import uuid

from accounts.actor import system_actor
from accounts.models import Agency, Offboarding
from accounts.offboarding import destroying
from galleries.services.ends import rewrite_after_ends
from portal.backups.admin import admin_connection
from portal.erasure_journal import Journal
from portal.tenancy import platform_scope, scope

KIND = "agency"
_CLOSE = "UPDATE accounts_agency SET state = 'closed', suspended_from = '' WHERE id = %(agency)s"
# The digest of an export that nobody has any more.
_DESTROYING = """
INSERT INTO accounts_offboarding
    (agency_id, state, closed_at, deadline, prolonged_reason, claim, attempts, rung_at,
     failure_code, files_total, files_done, exported_rows, exported_at, export_sha256,
     started_at, key_sha256, removed_rows)
VALUES (%(agency)s, 'destroying', now(), now(), '', %(claim)s, 1, now(), '', 0, 0, '{}', now(),
        repeat('0', 64), now(), '', '{}')
ON CONFLICT (agency_id) DO UPDATE SET
    state = 'destroying', claim = EXCLUDED.claim, failure_code = '', started_at = now(),
    exported_at = coalesce(accounts_offboarding.exported_at, now()),
    export_sha256 = coalesce(nullif(accounts_offboarding.export_sha256, ''), repeat('0', 64))
"""


def end_agencies_again(journal: Journal) -> int:
    """Destroy every agency that the journal names and that has a key; returns how many."""
    gone = journal.erased().get(KIND, set())
    with platform_scope():
        agencies = list(Agency.objects.exclude(data_key=b"").values_list("pk", flat=True))
    ended = [pk for pk in agencies if journal.digest(KIND, pk) in gone]
    for pk in ended:
        _say_it_is_ending(pk)
        with scope(pk):
            destroying.destroy(system_actor("restore", pk), Offboarding.objects.get())
    if ended:
        rewrite_after_ends()
    return len(ended)


def _say_it_is_ending(agency_id: int) -> None:
    values = {"agency": agency_id, "claim": uuid.uuid4()}
    with admin_connection() as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(_CLOSE, values)
        admin.execute(_DESTROYING, values)
