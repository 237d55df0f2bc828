"""Sealing an agency's stored files by the current version of its data key, in the background.

How far it has come stands in the ring itself, batch by batch: a killed worker loses one batch,
whose files the next one finds sealed already. Sealed texts keep the version by which they were
written (docs/adr/0018): rows that must not change, do not change for this either.
"""

import logging
import time
from dataclasses import replace

from django.db import connection, transaction

from accounts.actor import Actor, system_actor
from accounts.models import Agency
from accounts.offboarding.file_keys import stored_keys
from accounts.services.agencies import data_key_identity
from accounts.services.platform_record import record_for_both
from portal.audit.actions import Action
from portal.datakeys import Ring, load
from portal.keys import KeyProblem
from portal.storage import FileStore, MissingFile, open_store
from portal.tasks import ring
from portal.tenancy import platform_scope, scope

logger = logging.getLogger(__name__)

TASK = "accounts.tasks.reseal_files"
FILES_PER_BATCH = 50
SLICE_SECONDS = 20


def sweep_resealing() -> int:
    """Ring for every agency whose files have not come to the current version; returns how many."""
    with platform_scope():
        rows = Agency.objects.exclude(data_key=b"").order_by("pk")
        stored = list(rows.values_list("pk", "data_key"))
    waiting = [pk for pk, one in stored if is_resealing(load(bytes(one)))]
    for agency_id in waiting:
        with scope(agency_id):
            ring(TASK, agency_id)
    return len(waiting)


def is_resealing(keys: Ring) -> bool:
    return keys.resealed < keys.current


def reseal_files(agency_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work for a while on the files of an agency, in its scope; whether something is left.

    Rings for the next slice. Raises KeyServiceAway, StoreAway: the sweeper rings again later.
    """
    until = time.monotonic() + seconds
    names = stored_keys(agency_id)
    while _batch(agency_id, names):
        if time.monotonic() > until:
            with transaction.atomic():
                ring(TASK, agency_id)
            return True
    return False


def _batch(agency_id: int, names: list[str]) -> bool:
    """One transaction; whether there is more. Nothing when another worker has the agency."""
    with transaction.atomic():
        if not _alone(agency_id):
            return False
        with platform_scope():
            agency = Agency.objects.get(pk=agency_id)
        if not bytes(agency.data_key):
            return False
        keys = load(bytes(agency.data_key))
        if not is_resealing(keys):
            return False
        batch = [name for name in names if name > keys.at][:FILES_PER_BATCH]
        store = open_store(agency_id, bytes(agency.data_key), data_key_identity(agency.slug))
        done = sum(_reseal(store, name) for name in batch)
        keys = replace(keys, files=keys.files + done)
        if batch:
            return _keep(agency, replace(keys, at=batch[-1]))
        _finish(system_actor("resealing", agency_id), agency, keys, names)
        return False


def _reseal(store: FileStore, name: str) -> bool:
    try:
        return store.reseal(name)
    except (MissingFile, KeyProblem) as error:
        # It was unreadable before; `check_files` names it, and the others must not wait for it.
        logger.warning("A stored file stays as it is: %s", type(error).__name__)
        return False


def _finish(actor: Actor, agency: Agency, keys: Ring, names: list[str]) -> None:
    done = replace(keys, resealed=keys.current, at="", files=0)
    if _keep(agency, done):
        facts = {"version": keys.current, "files": keys.files, "of": len(names)}
        with platform_scope():
            record_for_both(actor, Action.KEY_FILES_RESEALED, agency, facts)


def _keep(agency: Agency, keys: Ring) -> bool:
    """False when somebody changed the ring meanwhile: the next slice reads it anew."""
    with platform_scope():
        rows = Agency.objects.filter(pk=agency.pk, data_key=bytes(agency.data_key))
        return rows.update(data_key=keys.dump()) == 1


def _alone(agency_id: int) -> bool:
    """Whether no other worker re-seals this agency, until the transaction ends."""
    sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('candor resealing', %s))"
    with connection.cursor() as cursor:
        cursor.execute(sql, [agency_id])
        row = cursor.fetchone()
    return bool(row and row[0])
