"""One file out of a ZIP file: never more bytes than its directory said, and those it said."""

import zlib

from galleries.archives.directory import STORED, Member
from galleries.archives.source import Source
from searches.faults import Fault

_LOCAL_SIZE = 30
_PIECE = 256 * 1024


def unpack(source: Source, member: Member) -> bytes:
    """The content. The caller has checked `member.size`. Raises Fault("member_damaged")."""
    head = source.read(member.start, _LOCAL_SIZE)
    if len(head) < _LOCAL_SIZE or not head.startswith(b"PK\x03\x04"):
        raise Fault("member_damaged")
    named, extra = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    start = member.start + _LOCAL_SIZE + named + extra
    if member.method == STORED:
        data = source.read(start, member.size)
    else:
        data = _inflated(source, start, member)
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise Fault("member_damaged")
    return data


def _inflated(source: Source, start: int, member: Member) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    out = bytearray()
    at, end = start, start + member.packed
    try:
        while at < end and not unpacker.eof:
            piece = source.read(at, min(_PIECE, end - at))
            if not piece:
                break
            at += len(piece)
            # One byte too many is enough to know that there is more than was said.
            out += unpacker.decompress(piece, member.size + 1 - len(out))
            if len(out) > member.size:
                break
    except zlib.error as error:
        raise Fault("member_damaged") from error
    return bytes(out)
