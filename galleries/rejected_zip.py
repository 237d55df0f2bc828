"""The rejected pictures of an import as a ZIP file that is made while it is sent."""

import csv
import io
import zipfile
from collections.abc import Iterator

from accounts.access import files_of
from galleries.imports_page import rejection_lines
from galleries.models import FileState, ImportBatch, ImportFile
from portal.keys import KeyProblem
from portal.storage import MissingFile
from portal.tenancy import scope

READ_AT_ONCE = 20


class _Outlet(io.RawIOBase):
    """What zipfile writes to and cannot wind back; emptied after every file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def pieces_of_zip(batch: ImportBatch) -> Iterator[bytes]:
    """A server asks for them after the request's scope has ended: each round opens its own."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        with scope(batch.agency_id):
            text = io.StringIO()
            csv.writer(text).writerows(rejection_lines(batch))
        archive.writestr("rejected.csv", text.getvalue().encode("utf-8-sig"))
        after = 0
        while some := _some(batch, after):
            for position, name, data in some:
                after = position
                if data is not None:
                    archive.writestr(name, data)
            yield outlet.take()
    yield outlet.take()


def _some(batch: ImportBatch, after: int) -> list[tuple[int, str, bytes | None]]:
    """The next pictures by position; None for one that has gone meanwhile."""
    found: list[tuple[int, str, bytes | None]] = []
    with scope(batch.agency_id):
        store = files_of(batch.agency_id)
        rows = ImportFile.objects.filter(batch=batch, state=FileState.REJECTED, position__gt=after)
        rows = rows.exclude(file_key="").order_by("position")
        for row in rows[:READ_AT_ONCE]:
            try:
                found.append((row.position, row.name, store.get(row.file_key)))
            except (MissingFile, KeyProblem):
                found.append((row.position, row.name, None))
    return found
