"""The directory of a ZIP file, read entry by entry and believed in nothing.

The standard library's reader takes the whole directory into memory and raises a dozen kinds of
errors on hostile ones; this one raises Fault, and keeps a window of 64 KB.
"""

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from galleries.archives.source import Source
from searches.faults import Fault

_END = struct.Struct("<4s4H2LH")
_END_64_PLACE = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_MAX_COMMENT = 65_535
_WINDOW = 65_536
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _PATCH, _UTF8, _MASKED = 1 << 0, 1 << 5, 1 << 11, 1 << 13
_UNIX = 3

STORED, DEFLATED = 0, 8


@dataclass(frozen=True, slots=True)
class Member:
    """One entry. `start` is where its local header lies; `code` says why it cannot be taken."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    method: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the entries lie, and by how much all offsets are wrong (something stands before)."""

    start: int
    end: int
    shift: int


def members(source: Source, most: int) -> Iterator[Member]:
    """All entries in their order. Raises Fault: archive_unreadable, archive_too_many_files."""
    directory = _directory(source, most)
    at, window, window_at = directory.start, b"", directory.start
    for _ in range(most + 1):
        if at >= directory.end:
            return
        read = window_at + len(window)
        if read < directory.end and at + _ENTRY.size + 3 * _FULL_16 > read:
            window_at, window = at, source.read(at, _WINDOW + _ENTRY.size + 3 * _FULL_16)
        entry = window[at - window_at : directory.end - window_at]
        member, length = _member(entry, directory)
        yield member
        at += length
    raise Fault("archive_too_many_files")


def _directory(source: Source, most: int) -> _Directory:
    tail_at = max(0, source.size - _MAX_COMMENT - _END.size)
    tail = source.read(tail_at, _MAX_COMMENT + _END.size)
    at = _end_in(tail)
    _, disk, _, _, count, size, start, _ = _END.unpack_from(tail, at)
    end = tail_at + at
    if (large := _zip64(source, end)) is not None:
        end, disk, count, size, start = large
    if disk not in (0, _FULL_16) or size > end or start > end - size:
        raise Fault("archive_unreadable")
    if count > most:
        raise Fault("archive_too_many_files")
    return _Directory(end - size, end, end - size - start)


def _end_in(tail: bytes) -> int:
    """Where the end record begins: the last one whose comment reaches the end of the file."""
    at = len(tail)
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        whole = at + _END.size <= len(tail)
        if whole and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return at
    raise Fault("archive_unreadable")


def _zip64(source: Source, end: int) -> tuple[int, int, int, int, int] | None:
    """The same facts of an archive that is large or has many entries; None of any other."""
    place = source.read(end - _END_64_PLACE.size, _END_64_PLACE.size)
    if not place.startswith(b"PK\x06\x07"):
        return None
    # It stands right before its own place in every file that a common program writes.
    at = end - _END_64_PLACE.size - _END_64.size
    record = source.read(at, _END_64.size)
    if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06"):
        raise Fault("archive_unreadable")
    _, _, _, _, disk, _, _, count, size, start = _END_64.unpack(record)
    return at, disk, count, size, start


def _member(entry: bytes, directory: _Directory) -> tuple[Member, int]:
    """The entry that `entry` begins with, and its length."""
    if len(entry) < _ENTRY.size or not entry.startswith(b"PK\x01\x02"):
        raise Fault("archive_unreadable")
    fields = _ENTRY.unpack_from(entry)
    _, made, _, flags, method, _, _, crc, packed, size, *lengths, _, _, attributes, start = fields
    named, extra, comment = lengths
    length = _ENTRY.size + named + extra + comment
    if length > len(entry):
        raise Fault("archive_unreadable")
    raw = entry[_ENTRY.size : _ENTRY.size + named]
    large = _large(entry[_ENTRY.size + named :][:extra], (size, packed, start))
    size, packed, start = large
    name, readable = _name(raw, flags)
    code = "" if readable else "name_unsafe"
    if flags & (_ENCRYPTED | _MASKED):
        code = "member_encrypted"
    elif method not in (STORED, DEFLATED) or flags & _PATCH:
        code = "member_unsupported"
    elif made >> 8 == _UNIX and _is_special(attributes >> 16):
        code = "not_a_file"
    member = Member(name, start + directory.shift, packed, size, crc, method, code)
    return member, length


def _large(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, packed size and offset with those that stand in the ZIP64 field instead."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == 1:
            numbers = iter(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            size, packed, start = (
                next(numbers, value) if value == _FULL_32 else value for value in values
            )
            return size, packed, start
        at += 4 + length
    return values


def _name(raw: bytes, flags: int) -> tuple[str, bool]:
    """A name, and whether it could be read. Programs that write UTF-8 often forget to say so."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        if flags & _UTF8:
            return raw.decode("utf-8", "replace"), False
        return raw.decode("cp437"), True


def _is_special(mode: int) -> bool:
    """Links, devices, pipes and sockets; programs that keep no mode write 0."""
    kind = stat.S_IFMT(mode)
    return kind not in (0, stat.S_IFREG, stat.S_IFDIR)
