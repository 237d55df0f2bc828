"""Looking for erased vectors in the files of the database server, where they can be read."""

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from galleries.erasing.needles import Needle
from portal.embedded.paths import Paths
from searches.scan.files import bytes_in_use

# At about 4 GB a second and needle, a minute.
MOST_BYTES = 240 * 2**30

_FILES = """
SELECT pg_relation_filepath(c.oid) FROM pg_class c WHERE c.oid IN (
    SELECT t.oid FROM pg_class t WHERE t.relname = ANY(%s)
    UNION SELECT i.indexrelid FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relname = ANY(%s)
    UNION SELECT t.reltoastrelid FROM pg_class t WHERE t.relname = ANY(%s))
"""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked at, how many vectors were looked for, and in how many files one was found."""

    files: int
    bytes: int
    vectors: int
    found: int

    def as_json(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "bytes": self.bytes,
            "vectors": self.vectors,
            "files_with_a_vector": self.found,
        }


def data_folder() -> Path | None:
    """The server's data folder, when it is the embedded one and this process may read it."""
    var = settings.DATABASES["default"].get("OPTIONS", {}).get("embedded_var")
    if var is None:
        return None
    folder = Paths.below(Path(var)).data
    try:
        return folder if (folder / "PG_VERSION").exists() else None
    except PermissionError:
        return None


def scan_tables(tables: Sequence[str], needles: Sequence[Needle]) -> Scan | None:
    """Look for the vectors in the files of these tables and their indexes.

    None when the files are out of reach: then the receipt says that they were not looked at.
    """
    folder = data_folder()
    if folder is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [list(tables)] * 3)
        names = [name for (name,) in cursor.fetchall() if name]
    return _scan((file for name in names for file in _segments(folder / name)), needles)


def scan_log(needles: Sequence[Needle]) -> Scan | None:
    """The same for the write-ahead log, which keeps what was written until it is recycled."""
    folder = data_folder()
    if folder is None:
        return None
    return _scan((file for file in (folder / "pg_wal").iterdir() if file.is_file()), needles)


def scan_memory(needles: Sequence[Needle]) -> Scan | None:
    """The same for what this host holds in memory to scan it; None where it holds nothing."""
    there = [path for path in Path(settings.SCAN_FOLDER).rglob("*") if path.is_file()]
    if not there:
        return None
    return _scan(there, needles[: max(1, MOST_BYTES // max(1, 2 * bytes_in_use()))])


def _segments(first: Path) -> list[Path]:
    """A relation's files of 1 GB each; its maps have no rows."""
    return sorted([first, *first.parent.glob(f"{first.name}.*")])


def _scan(files: Iterable[Path], needles: Sequence[Needle]) -> Scan:
    looked = size = found = 0
    for path in files:
        try:
            with path.open("rb") as file:
                length = path.stat().st_size
                looked, size = looked + 1, size + length
                if length:
                    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                        found += _holds_one(mapped, needles)
        except FileNotFoundError:  # it went meanwhile
            continue
    return Scan(looked, size, len(needles), found)


def _holds_one(mapped: mmap.mmap, needles: Sequence[Needle]) -> bool:
    return any(mapped.find(piece) >= 0 for needle in needles for piece in needle.pieces)


def within_reach(tables: Sequence[str], needles: Sequence[Needle]) -> Sequence[Needle]:
    """As many of the vectors as can be looked for in these tables in about a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class"
            " WHERE relname = ANY(%s)",
            [list(tables)],
        )
        size = int(cursor.fetchone()[0])
    most = max(1, MOST_BYTES // max(1, 2 * size))
    return needles[:most]
