"""Enrolling the files of an import: each with its outcome in one transaction.

A lane owns the file it works on: the row says so, and no other lane takes it. It is measured
outside of any transaction; the outcome, the count and the next file of the lane are written
together. So a killed worker leaves a file that its lane takes up again, and nothing half.
"""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.access import files_of, today_at
from accounts.actor import system_actor
from galleries.models import FileState, ImportBatch, ImportFile, ImportLane
from galleries.services.imports.acts import finish_if_done, pause_with
from portal.audit.actions import Action
from portal.audit.recorder import record
from portal.away import PartAway
from portal.keys import KeyProblem
from portal.storage import MissingFile
from searches.faults import Fault
from searches.files import delete_on_commit, new_files
from searches.images import ImageRejected
from searches.measuring import NewPicture, measure
from searches.models import SourceRegister
from searches.services.contracts import contract_asked
from searches.services.duplicates import Held
from searches.services.enrolment import Provenance, write_picture
from searches.services.jobs import Superseded
from searches.services.metering import reserve_face, take_face, terms_for_enrolment
from searches.services.registers import require_source
from searches.services.same_files import same_file

logger = logging.getLogger(__name__)

# What is wrong with the import and not with the file: it waits until somebody has seen to it.
PAUSING = frozenset(
    {
        "quota_used_up",
        "license_missing",
        "license_pending",
        "license_expired",
        "license_suspended",
        "license_terminated",
        "license_tampered",
        "source_kind_not_licensed",
        "register_retired",
        "register_agreement_ended",
        "register_not_of_gallery",
        "contract_of_gallery",
    }
)

# The lowest open file that nobody has. An UPDATE, so that whoever waited for the row sees that it
# is taken; none while the import is paused.
_TAKE = """
UPDATE galleries_importfile SET lane_id = %(lane)s WHERE agency_id = %(agency)s AND id = (
    SELECT f.id FROM galleries_importfile f
    WHERE f.agency_id = %(agency)s AND f.batch_id = %(batch)s AND f.state = 'waiting'
    AND f.lane_id IS NULL AND f.position > %(after)s
    ORDER BY f.position LIMIT 1 FOR UPDATE SKIP LOCKED
) AND EXISTS (
    SELECT 1 FROM galleries_importbatch b
    WHERE b.agency_id = %(agency)s AND b.id = %(batch)s AND b.stage = 'running'
) RETURNING *
"""
# The outcome of a lane's file, and the lane's count of such outcomes; no row when the file is not
# the lane's any more.
_CLOSE = """
WITH closed AS (
    UPDATE galleries_importfile SET state = %(state)s, lane_id = NULL, took_ms = %(took)s,
        code = %(code)s, image_id = %(image)s, file_key = %(key)s
    WHERE agency_id = %(agency)s AND id = %(file)s AND state = 'waiting' AND lane_id = %(lane)s
    RETURNING lane_id
)
UPDATE galleries_importlane SET {state} = {state} + 1
WHERE agency_id = %(agency)s AND id = %(lane)s AND EXISTS (SELECT FROM closed)
"""


class Enrolling:
    """The work of one lane on one import, for as long as its slice lasts."""

    def __init__(self, lane: ImportLane, batch: ImportBatch) -> None:
        self._lane, self._batch = lane, batch
        self._actor = system_actor("import", batch.agency_id)
        self._store = files_of(batch.agency_id)
        self._today = today_at(batch.agency_id)
        self._contract = contract_asked(batch.gallery)
        self._after = 0
        self._registers: dict[uuid.UUID, SourceRegister] = {}

    def run(self, until: float) -> bool:
        """Enrol files until the time is over; whether this lane has more to do."""
        try:
            self._terms = terms_for_enrolment(self._batch.gallery)
            file = self._left_over() or self._first()
            while file is not None:
                last = time.monotonic() > until
                file = self._enrol(file, self._nothing if last else self._take)
                if last:
                    return True
        except Fault as fault:
            pause_with(self._batch, fault.code)
            return False
        except PartAway as away:  # goes on when that is back, and no file is given up for it
            logger.warning("Import %s waits: %s", self._batch.pk, away)
            mine = ImportFile.objects.filter(lane=self._lane, state=FileState.WAITING)
            mine.update(attempts=0)
            return False
        except Superseded:  # cancelled meanwhile, or another worker has this lane
            return False
        finish_if_done(self._batch)
        return False

    def _left_over(self) -> ImportFile | None:
        """The file that this lane had when its worker died; given up after too many deaths."""
        with transaction.atomic():
            mine = ImportFile.objects.filter(lane=self._lane, state=FileState.WAITING)
            file = mine.order_by("position").first()
            if file is None:
                return None
            mine.filter(pk=file.pk).update(attempts=F("attempts") + 1)
        if file.attempts + 1 < settings.JOB_MAX_ATTEMPTS:
            return file
        return self._reject(file, "gave_up", time.monotonic(), self._take)

    def _first(self) -> ImportFile | None:
        with transaction.atomic():
            return self._take()

    def _take(self) -> ImportFile | None:
        """Make the next file this lane's, in the open transaction."""
        file = self._taken(self._after) or (self._taken(0) if self._after else None)
        self._after = 0 if file is None else file.position
        return file

    def _taken(self, after: int) -> ImportFile | None:
        batch = self._batch
        values: dict[str, Any] = {
            "lane": self._lane.pk,
            "agency": batch.agency_id,
            "batch": batch.pk,
        }
        return next(iter(ImportFile.objects.raw(_TAKE, values | {"after": after})), None)

    def _nothing(self) -> ImportFile | None:
        return None

    # --- One file -------------------------------------------------------------------------------

    def _enrol(
        self, file: ImportFile, following: Callable[[], ImportFile | None]
    ) -> ImportFile | None:
        """Give one file its outcome; the file that `following` then takes."""
        began = time.monotonic()
        try:
            data = self._store.get(file.file_key)
            try:
                return self._write(file, measure(data, self._contract), began, following)
            except Fault as fault:
                if fault.code != "contract_of_gallery":
                    raise
            # The first picture has decided on it, or the gallery has gone over to another engine.
            self._contract = contract_asked(self._batch.gallery)
            return self._write(file, measure(data, self._contract), began, following)
        except IntegrityError:
            return self._there_already(file, began, following)
        except (Fault, ImageRejected) as fault:
            if fault.code in PAUSING:
                raise
            return self._reject(file, fault.code, began, following)
        except (MissingFile, KeyProblem):
            return self._reject(file, "file_unreadable", began, following)

    def _write(
        self,
        file: ImportFile,
        picture: NewPicture,
        began: float,
        following: Callable[[], ImportFile | None],
    ) -> ImportFile | None:
        batch, provenance = self._batch, self._provenance(file)
        with new_files(batch.agency_id, self._store) as files:
            made = write_picture(
                *(self._actor, files, batch.gallery, file.reference, picture, provenance),
                by=batch,
                today=self._today,
            )
            files.remove(file.file_key)
            # The quota comes last: its counter stays locked until the commit.
            if isinstance(made, Held):
                self._close(file, FileState.HELD, began)
                taken = following()
                reserve_face(self._terms, made.enrolment)
            else:
                self._close(file, FileState.ENROLLED, began, image=made.pk)
                taken = following()
                take_face(self._terms, made)
        return taken

    def _provenance(self, file: ImportFile) -> Provenance:
        pk = file.register_id or self._batch.register_id
        register = self._registers.get(pk)
        if register is None:
            register = SourceRegister.objects.get(pk=pk)
            require_source(self._batch.gallery, register)
            self._registers[pk] = register
        return Provenance(register, file.collected_on or self._batch.collected_on, file.expires_on)

    def _there_already(
        self, file: ImportFile, began: float, following: Callable[[], ImportFile | None]
    ) -> ImportFile | None:
        """The gallery got this very file since the check."""
        same = same_file(self._batch.gallery, file.sha256)
        if same is None:
            raise
        if same.subject.reference != file.reference:
            return self._reject(file, "duplicate_subject_file", began, following)
        with transaction.atomic():
            self._close(file, FileState.ALREADY, began)
            delete_on_commit(self._batch.agency_id, file.file_key)
            return following()

    def _reject(
        self,
        file: ImportFile,
        code: str,
        began: float,
        following: Callable[[], ImportFile | None],
    ) -> ImportFile | None:
        """The picture stays, so that people see what was rejected."""
        with transaction.atomic():
            self._close(file, FileState.REJECTED, began, code=code, key=file.file_key)
            facts = {"gallery": str(self._batch.gallery_id), "code": code}
            record(self._actor, Action.IMAGE_REJECTED, file, facts)
            return following()

    def _close(
        self,
        file: ImportFile,
        state: FileState,
        began: float,
        *,
        code: str = "",
        image: UUID | None = None,
        key: str = "",
    ) -> None:
        """Write the outcome; Superseded, which undoes everything, when the file is not ours."""
        values: dict[str, Any] = {
            "agency": self._batch.agency_id,
            "lane": self._lane.pk,
            "file": file.pk,
            "state": state.value,
            "took": round((time.monotonic() - began) * 1000),
            "code": code,
            "image": image,
            "key": key,
        }
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE.format(state=state.value), values)
            if cursor.rowcount != 1:
                raise Superseded(str(file.pk))
