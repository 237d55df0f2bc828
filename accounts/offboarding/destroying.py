"""Destroying what an agency has: its key, its files, its rows, its people, in this order.

The key comes first: from that moment every file is noise, wherever a copy of it lies. Each step
can be done again, and counts what it removed in the transaction that removes it.
"""

from hashlib import sha256

from django.db import transaction
from django.db.models.functions import Now

from accounts.actor import Actor
from accounts.models import Agency, DestructionReceipt, Membership, Offboarding, OffboardingState
from accounts.offboarding import people, receipts
from accounts.offboarding.claims import change
from accounts.offboarding.tables import MEMBERSHIP, Table, delete_some, destroyed_tables
from accounts.services.platform_record import record_for_both
from portal.agency_folder import forget_keys, measure_folder, remove_folder
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.erasure_journal import note_erased
from portal.tenancy import platform_scope


def destroy(actor: Actor, row: Offboarding) -> None:
    """All of it, in the agency's scope, from wherever an earlier try ended."""
    destroy_key(actor, row)
    remove_files(row)
    for table in destroyed_tables():
        if table.name != MEMBERSHIP:  # its people are needed to the last
            remove_rows(row, table)
    finish(actor, row)


def destroy_key(actor: Actor, row: Offboarding) -> None:
    """Empty the wrapped key, which is nowhere else but in backups, and keep its fingerprint."""
    with transaction.atomic():
        with platform_scope():
            agency = Agency.objects.select_for_update().get(pk=row.agency_id)
            wrapped = bytes(agency.data_key)
            Agency.objects.filter(pk=agency.pk).exclude(data_key=b"").update(data_key=b"")
        if wrapped:
            row.key_sha256 = sha256(wrapped).hexdigest()
            change(row, key_sha256=row.key_sha256)
            record(actor, Action.OFFBOARDING_KEY_DESTROYED, row, {"sha256": row.key_sha256})
            note_erased(f"agency-{agency.pk}", agency=[agency.pk])
    forget_keys()


def remove_files(row: Offboarding) -> None:
    """Remove the folder; it is measured before, once, so that a second try counts nothing twice."""
    if row.files_removed is None:
        row.files_removed, row.bytes_removed = measure_folder(row.agency_id)
        change(row, files_removed=row.files_removed, bytes_removed=row.bytes_removed)
    remove_folder(row.agency_id)


def remove_rows(row: Offboarding, table: Table) -> None:
    """Delete the agency's rows of one table in batches."""
    while True:
        with transaction.atomic():
            removed = delete_some(table, row.agency_id)
            if removed:
                _count(row, table.name, removed)
                change(row, removed_rows=row.removed_rows)
        if not removed:
            return


def finish(actor: Actor, row: Offboarding) -> None:
    """The people, what the agency's row still says of them, and the receipt: all or nothing."""
    with transaction.atomic():
        recipients = people.recipients_of(row.agency_id)
        done = people.erase_people(actor, row.agency_id)
        removed, _ = Membership.objects.filter(agency_id=row.agency_id).delete()
        _count(row, MEMBERSHIP, removed)
        with platform_scope():
            blank = {"contact_name": "", "contact_email": "", "state_reason": ""}
            Agency.objects.filter(pk=row.agency_id).update(**blank)
            agency = Agency.objects.get(pk=row.agency_id)
        document = receipts.document_of(agency, row, done)
        signature = receipts.signed(document)
        receipt = DestructionReceipt.objects.create(
            document=document, key_id=signature.key_id, signature=signature.value
        )
        change(
            row,
            removed_rows=row.removed_rows,
            state=OffboardingState.DESTROYED,
            finished_at=Now(),
        )
        facts = {"sha256": receipts.digest_of(document)}
        record_for_both(actor, Action.OFFBOARDING_DESTROYED, agency, facts)
        transaction.on_commit(lambda: receipts.send(receipt, agency, recipients))


def _count(row: Offboarding, table: str, removed: int) -> None:
    row.removed_rows = {**row.removed_rows, table: row.removed_rows.get(table, 0) + removed}
