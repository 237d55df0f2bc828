"""Checking an import before anything is written: its lines first, then the content of each file."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.access import files_of
from galleries.archives.directory import Member
from galleries.archives.manifest import read_manifest
from galleries.archives.source import Part, PartsSource, Source
from galleries.archives.unpacking import unpack
from galleries.models import (
    FileState,
    ImportBatch,
    ImportFile,
    ImportLane,
    ImportPart,
    ImportStage,
)
from galleries.services.imports import listing, reporting
from galleries.services.imports.announcing import announce
from galleries.services.imports.bells import CLEAR_TASK
from portal.keys import KeyProblem
from portal.storage import FileStore, MissingFile
from portal.tasks import ring
from searches.decoder.formats import sniff
from searches.faults import Fault
from searches.files import NewFiles, delete_on_commit, new_files
from searches.images import ImageRejected
from searches.services.same_files import enrolled_references

LISTED_AT_ONCE = 2000
TAKEN_AT_ONCE = 16


class Check:
    """The check of one import by one lane, for as long as its slice lasts."""

    def __init__(self, lane: ImportLane, batch: ImportBatch) -> None:
        self._lane, self._batch = lane, batch
        self._store: FileStore = files_of(batch.agency_id)
        self._source: Source = self._opened()

    def step(self) -> bool:
        """Do the next piece of work; false when there is nothing (more) for this lane."""
        if self._batch.listed_at is None:
            return self._list()
        if self._stage_some():
            return True
        return self._settle()

    def _opened(self) -> PartsSource:
        rows = ImportPart.objects.filter(batch=self._batch).values_list("start", "size", "file_key")
        return PartsSource(self._store, [Part(*row) for row in rows])

    # --- Lines ----------------------------------------------------------------------------------

    def _list(self) -> bool:
        """Write down all lines in one transaction; one lane does it while the others wait."""
        try:
            with transaction.atomic():
                if not self._take_listing():
                    return False
                written, unread = self._write_lines()
                ImportBatch.objects.filter(pk=self._batch.pk).update(
                    listed_at=Now(), files=written, report={"unread": unread}, touched_at=Now()
                )
        except Fault as fault:
            fail(self._batch, fault.code)
            return False
        except (MissingFile, KeyProblem):
            fail(self._batch, "file_unreadable")
            return False
        self._batch.refresh_from_db()
        return True

    def _take_listing(self) -> bool:
        waiting = ImportBatch.objects.filter(
            pk=self._batch.pk, stage=ImportStage.CHECKING, listed_at=None
        )
        return waiting.select_for_update(skip_locked=True, no_key=True).first() is not None

    def _write_lines(self) -> tuple[int, int]:
        """How many lines were written, and of how many no content will be looked at."""
        lines, position, unread = iter(self._lines()), 0, 0
        while some := list(islice(lines, LISTED_AT_ONCE)):
            rows = [self._row(line, position + number) for number, line in enumerate(some, 1)]
            ImportFile.objects.bulk_create(rows)
            position += len(rows)
            unread += sum(row.state == FileState.REJECTED for row in rows)
            if position > settings.IMPORT_MAX_FILES:
                raise Fault("archive_too_many_files")
        if position == 0:
            raise Fault("archive_empty")
        return position, unread

    def _lines(self) -> Iterator[listing.Line]:
        batch, most = self._batch, settings.IMPORT_MAX_FILES
        own = ""
        if batch.manifest_key:
            data, name = self._store.get(batch.manifest_key), batch.manifest_name
        elif (inside := listing.find_manifest(self._source)) is not None:
            if inside.code or inside.size > settings.UPLOAD_MAX_BYTES:
                raise Fault(inside.code or "manifest_unreadable")
            own, data, name = inside.name, unpack(self._source, inside), inside.name
        else:
            return listing.plain_lines(self._source)
        manifest = read_manifest(data, name, most)
        return listing.manifest_lines(self._source, manifest, listing.Registers(batch.gallery), own)

    def _row(self, line: listing.Line, position: int) -> ImportFile:
        member = line.member  # its name stands sealed on the row
        row = ImportFile(
            batch=self._batch,
            position=position,
            reference=line.reference,
            register=line.register,
            collected_on=line.collected_on,
            expires_on=line.expires_on,
            member=None if member is None else asdict(replace(member, name="")),
            state=FileState.REJECTED if line.code else FileState.LISTED,
            code=line.code,
        )
        row.name = line.name
        return row

    # --- Contents -------------------------------------------------------------------------------

    def _stage_some(self) -> bool:
        """Take a few files out of the upload, in one transaction."""
        with new_files(self._batch.agency_id) as files:
            rows = list(
                ImportFile.objects.filter(batch=self._batch, state=FileState.LISTED, lane=None)
                .order_by("position")
                .select_for_update(skip_locked=True)[:TAKEN_AT_ONCE]
            )
            read = [(row, *self._content(row)) for row in rows]
            there = enrolled_references(self._batch.gallery, [row.sha256 for row in rows])
            for row, data, code in read:
                _judge(row, data, code, there, files)
            fields = ["state", "code", "member", "sha256", "file_key"]
            ImportFile.objects.bulk_update(rows, fields)
            ImportLane.objects.filter(pk=self._lane.pk).update(checked=F("checked") + len(rows))
        return bool(rows)

    def _content(self, row: ImportFile) -> tuple[bytes, str]:
        """The bytes of a file, or the code of what is wrong with them; its hash on the row."""
        member = Member(**(row.member or {}))
        try:
            data = _bytes_of(self._source, member)
            sniff(data)
        except (Fault, ImageRejected) as fault:
            return b"", fault.code
        row.sha256 = hashlib.sha256(data).hexdigest()
        return data, ""

    # --- The end --------------------------------------------------------------------------------

    def _settle(self) -> bool:
        """When all files are looked at: say what was found, and wait for a person."""
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update(no_key=True).get(pk=self._batch.pk)
            listed = ImportFile.objects.filter(batch=batch, state=FileState.LISTED)
            if batch.stage != ImportStage.CHECKING or listed.exists():
                return False
            finish_check(batch)
            for part in ImportPart.objects.filter(batch=batch):
                delete_on_commit(batch.agency_id, part.file_key)
            ImportPart.objects.filter(batch=batch).delete()
        return False


def _bytes_of(source: Source, member: Member) -> bytes:
    if member.size == 0:
        raise ImageRejected("image_empty")
    if member.size > settings.UPLOAD_MAX_BYTES:
        raise ImageRejected(
            "image_too_many_bytes",
            megabytes=member.size / 2**20,
            limit=settings.UPLOAD_MAX_BYTES / 2**20,
        )
    data = unpack(source, member)
    if data.startswith(b"PK\x03\x04"):
        raise Fault("nested_archive")
    return data


def _judge(row: ImportFile, data: bytes, code: str, there: dict[str, str], files: NewFiles) -> None:
    """A file's state after its content is known; only what may be enrolled is kept, sealed."""
    row.member = None
    if code or (row.sha256 in there and there[row.sha256] != row.reference):
        row.state, row.code = FileState.REJECTED, code or "duplicate_subject_file"
    elif row.sha256 in there:
        row.state = FileState.ALREADY
    else:
        row.state, row.file_key = FileState.WAITING, files.put(data)


@transaction.atomic
def fail(batch: ImportBatch, code: str) -> None:
    """End an import whose upload cannot be read as a whole."""
    checked = ImportBatch.objects.filter(pk=batch.pk, stage=ImportStage.CHECKING)
    ended = {"stage": ImportStage.FAILED, "finished_at": Now(), "touched_at": Now()}
    if checked.update(code=code, **ended) == 1:
        announce(batch, ImportStage.FAILED)
    ring(CLEAR_TASK, batch.agency_id, str(batch.pk))


# Of the files with the same content the first is enrolled.
_TWICE = """
UPDATE galleries_importfile f SET state = 'rejected', code = CASE
    WHEN twice.first_mark = f.reference_mark THEN 'duplicate_file'
    ELSE 'duplicate_subject_file' END
FROM (
    SELECT id, row_number() OVER (same ORDER BY position) AS number,
        first_value(reference_mark) OVER (same ORDER BY position) AS first_mark
    FROM galleries_importfile WHERE agency_id = %s AND batch_id = %s AND state = 'waiting'
    WINDOW same AS (PARTITION BY sha256)
) AS twice
WHERE f.id = twice.id AND f.agency_id = %s AND twice.number > 1
"""


def finish_check(batch: ImportBatch) -> None:
    """Settle what is in it twice, count, and wait for a person. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, [batch.agency_id, batch.pk, batch.agency_id])
    report: dict[str, Any] = reporting.counted(batch)
    ImportBatch.objects.filter(pk=batch.pk).update(
        stage=ImportStage.READY, report=report, touched_at=Now()
    )
    announce(batch, ImportStage.READY)
