"""Bringing a backup back into an empty installation, which stays closed meanwhile."""

from collections.abc import Iterable
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from portal.backups import store
from portal.backups.admin import (
    Rows,
    admin_connection,
    admin_conninfo,
    gate_is_closed,
    is_empty,
)
from portal.backups.errors import BackupError
from portal.backups.manifest import DUMP, FILE_LIST, FILES, Manifest
from portal.backups.programs import run
from portal.backups.snapshot import count_rows, facts_of
from portal.erasure_journal import Journal, all_of, journal

MAJOR = 10_000


def require_empty() -> None:
    """Raise BackupError unless database and file store are empty: nothing is ever overwritten.

    Files of a restore that was interrupted before its database came may lie in the store.
    """
    with admin_connection() as connection:
        if not is_empty(connection):
            raise BackupError(
                "database_not_empty", "A backup is restored into an empty database only"
            )
        interrupted = gate_is_closed(connection)
    if not interrupted and not store.is_empty():
        raise BackupError("store_not_empty", f"{store.describe()} is not empty")


def require_versions(manifest: Manifest) -> None:
    """Raise BackupError when this Candor or this server is older than the backup."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    newer = sorted(set(manifest.document["database"]["migrations"]) - known)
    if newer:
        made_by = manifest.document["candor"]
        raise BackupError(
            "wrong_version",
            f"The backup is of Candor {made_by} and has migrations that this one lacks"
            f" ({newer[0]}): restore it with that version or a newer one",
        )
    with admin_connection() as connection:
        have, was = facts_of(connection), manifest.document["database"]
    if have["server"] // MAJOR < was["server"] // MAJOR:
        raise BackupError(
            "server_older", f"The backup is of PostgreSQL {was['server'] // MAJOR}, not older"
        )
    if _numbers(have["pgvector"]) < _numbers(was["pgvector"]):
        raise BackupError("server_older", f"The backup is of pgvector {was['pgvector']}, not older")


def gather_journal(manifest: Manifest, folders: Iterable[Path]) -> Journal:
    """The installation's journal, with what these folders have of it. Raises BackupError.

    It has to hold at least what it held when the backup was made.
    """
    named = manifest.document["journal"]
    own = journal()
    for found in all_of(folders, named["name"]):
        own.take_over(found)
    if not own.exists or own.name != named["name"]:
        raise BackupError(
            "journal_missing",
            "The erasure journal of the backup is not there: without it, erased people would come"
            f" back. Bring it to {own.folder}, or name its folder with --journal",
        )
    if len(own.entries()) < named["entries"]:
        raise BackupError(
            "journal_incomplete",
            f"{own.folder} lacks erasures that were in the journal before the backup was made",
        )
    return own


def restore_files(source: Path) -> None:
    """Put the files into the store, each compared with the list once more."""
    with (source / FILE_LIST).open() as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            if store.copy_in(name.removeprefix(f"{FILES}/"), source / name) != digest:
                raise BackupError("backup_damaged", f"{source / name} is not what was backed up")


def restore_database(source: Path, manifest: Manifest) -> None:
    """Bring the database back, all of it or nothing. Raises BackupError."""
    with admin_connection() as connection:
        options = ["--single-transaction", "--exit-on-error"]
        with (source / DUMP).open("rb") as dumped:
            run("pg_restore", options, admin_conninfo(), stdin=dumped)
        _require_rows(connection, manifest)


def require_closed() -> None:
    """Raise BackupError unless a restore is under way."""
    with admin_connection() as connection:
        if not gate_is_closed(connection):
            raise BackupError("nothing_to_finish", "No restore of this database is unfinished")


def _require_rows(connection: Rows, manifest: Manifest) -> None:
    came, were = count_rows(connection), manifest.document["database"]["rows"]
    if came != were:
        wrong = sorted(name for name in came | were if came.get(name) != were.get(name))
        raise BackupError("restore_incomplete", f"Rows are missing in {', '.join(wrong)}")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
