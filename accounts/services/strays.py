"""Stored files that no row names are removed; rows without their file are named.

A file is written before the commit of its row, so a young one may belong to a transaction that is
still open: only what is older than GRACE is a stray. The store is listed before the rows are, so
that nothing is removed for a row that came in between.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import system_actor
from accounts.models import Agency
from accounts.offboarding.archive import PURPOSE
from accounts.offboarding.file_keys import stored_keys
from accounts.services.key_rotation import agencies_with_keys
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.blobs import blobs
from portal.keys import KeyProblem
from portal.storage import MissingFile
from portal.tasks import ring
from portal.tenancy import scope

logger = logging.getLogger(__name__)

TASK = "accounts.tasks.check_files"
# Longer than any job (A_DAY at most) and any transaction lasts.
GRACE = timedelta(hours=48)
# More than these, and more than a tenth of all, are no strays but a mistake: somebody must look.
MOST_REMOVED = 100


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What was found. Names are AGENCY/ID, which open nothing.

    `kept` says that strays were left because they are too many.
    """

    files: int
    strays: list[str]
    missing: list[str]
    unreadable: list[str]
    kept: bool = False


def ring_for_all() -> None:
    """Ring for the check of every agency."""
    for agency_id in agencies_with_keys():
        with scope(agency_id):
            ring(TASK, agency_id)


def check_files(agency_id: int, *, remove_many: bool = False, read: bool = False) -> FileCheck:
    """Compare an agency's files with its rows, in its scope, and remove strays.

    `read` opens every file, too; `remove_many` removes strays however many they are. Raises
    StoreAway, and KeyServiceAway when files are read.
    """
    found = _compare(agency_id, read)
    too_many = len(found.strays) > max(MOST_REMOVED, found.files // 10)
    if too_many and not remove_many:
        found = FileCheck(found.files, found.strays, found.missing, found.unreadable, kept=True)
    else:
        for name in found.strays:
            blobs().delete(name)
    if found.strays or found.missing or found.unreadable:
        _report(agency_id, found)
    return found


def _compare(agency_id: int, read: bool) -> FileCheck:
    before = timezone.now() - GRACE
    listed = [b for b in blobs().under(str(agency_id)) if not b.name.startswith(_export(agency_id))]
    named = {_name_of(key): key for key in stored_keys(agency_id)}
    there = {blob.name for blob in listed}
    strays = [b.name for b in listed if b.name not in named and b.modified < before]
    missing = [_bare(key) for name, key in named.items() if name not in there and _gone(key)]
    unreadable = []
    if read:
        store = files_of(agency_id)
        for name, key in named.items():
            try:
                if name in there:
                    store.get(key)
            except MissingFile:
                continue  # its row went meanwhile
            except KeyProblem:
                unreadable.append(_bare(key))
    return FileCheck(len(listed), strays, missing, unreadable)


def _gone(key: str) -> bool:
    """A file that was not listed may have been written since, with its row."""
    try:
        blobs().head(_name_of(key), 1)
    except MissingFile:
        return True
    return False


def _report(agency_id: int, found: FileCheck) -> None:
    removed = 0 if found.kept else len(found.strays)
    facts = {
        "files": found.files,
        "removed": removed,
        "kept": len(found.strays) - removed,
        "missing": len(found.missing),
        "unreadable": len(found.unreadable),
    }
    with transaction.atomic():
        agency = Agency.objects.get(pk=agency_id)
        record(system_actor("files", agency_id), Action.FILES_CHECKED, agency, facts)
    told = ", ".join(f"{number} {name}" for name, number in facts.items())
    logger.log(logging.ERROR if found.missing or found.kept else logging.WARNING, "Files: %s", told)
    for name in (*found.missing, *found.unreadable):
        logger.error("A row names a file that is missing or damaged: %s", name)


def _export(agency_id: int) -> str:
    """An export's parts are named by no row; they go with it."""
    return f"{agency_id}/{PURPOSE}/"


def _bare(key: str) -> str:
    """A file as it may be told: without the secret that opens it."""
    return "/".join(key.split("/")[:2])


def _name_of(key: str) -> str:
    """Where a key's file lies in the store (portal.storage)."""
    agency, file_id = key.split("/")[:2]
    return f"{agency}/{file_id[:2]}/{file_id}"
