"""Archives of strangers: read without trust, refused with codes, never a crash."""

import random
import stat
import struct
import zipfile
import zlib
from io import BytesIO

import pytest

from galleries.archives.directory import Member, members
from galleries.archives.naming import check_name, common_folder, is_passed_over, reference_of, tidy
from galleries.archives.unpacking import unpack
from searches.faults import Fault
from tests.galleries.imports_cast import packed

FILES = {"P-1/1.jpg": b"one" * 1000, "P-2/zwei ü.jpg": b"two", "P-3/": b"", "x.bin": b""}
MOST = 1000


class InMemory:
    """An archive in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, start: int, length: int) -> bytes:
        return self._data[start : start + length] if start >= 0 else b""


def read(data: bytes, most: int = MOST) -> dict[str, Member]:
    return {member.name: member for member in members(InMemory(data), most)}


def codes(data: bytes) -> dict[str, str]:
    return {name: member.code for name, member in read(data).items()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"A comment", b"PK\x05\x06" + b"x" * 40])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh self-extracting\n"])
def test_what_the_standard_library_packs_is_read(
    method: int, comment: bytes, before: bytes
) -> None:
    data = before + packed(FILES, method, comment)
    found = read(data)
    assert list(found) == list(FILES)
    source = InMemory(data)
    assert {name: unpack(source, found[name]) for name in found} == FILES


def test_zip64_directories_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    data = packed(FILES)
    assert b"PK\x06\x06" in data
    found = read(data)
    source = InMemory(data)
    assert {name: unpack(source, found[name]) for name in found} == FILES


def test_streamed_archives_are_read() -> None:
    """Written to what cannot be wound back: sizes stand after the content."""

    class Stream(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    out = Stream()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"abc" * 500)
    source = InMemory(out.getvalue())
    assert unpack(source, read(out.getvalue())["a.jpg"]) == b"abc" * 500


def test_many_entries_are_refused_before_they_are_read() -> None:
    data = packed({f"{n}": b"" for n in range(20)})
    assert len(read(data, 20)) == 20
    with pytest.raises(Fault, match="archive_too_many_files"):
        read(data, 19)
    at = data.rfind(b"PK\x05\x06")
    lying = data[: at + 8] + struct.pack("<HH", 1, 1) + data[at + 12 :]
    with pytest.raises(Fault, match="archive_too_many_files"):
        read(lying, 19)


def test_encrypted_linked_and_oddly_packed_members_have_codes() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bzip.jpg", b"x" * 100, zipfile.ZIP_BZIP2)
        archive.writestr("plain.jpg", b"x")
    assert codes(out.getvalue()) == {
        "link.jpg": "not_a_file",
        "bzip.jpg": "member_unsupported",
        "plain.jpg": "",
    }
    data = bytearray(packed({"secret.jpg": b"x"}))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    assert codes(bytes(data)) == {"secret.jpg": "member_encrypted"}


def test_names_in_other_encodings_are_read_or_have_a_code() -> None:
    data = packed({"aa.jpg": b"x"})
    assert codes(data.replace(b"aa.jpg", b"\x81\x84.jpg")) == {"üä.jpg": ""}
    assert list(codes(data.replace(b"aa.jpg", "ü.jpg".encode()))) == ["ü.jpg"]
    broken = packed({"ää.jpg": b"x"}).replace("ää".encode(), b"\xff\xfe\xff\xfe")
    assert set(codes(broken).values()) == {"name_unsafe"}


@pytest.mark.parametrize(
    "name",
    ["../a.jpg", "a/../../b.jpg", "/etc/x.jpg", "C:/x.jpg", "a//b.jpg", "./../a", "a\x00b", "a\nb"],
)
def test_names_that_lead_elsewhere_are_unsafe(name: str) -> None:
    with pytest.raises(Fault, match="name_unsafe"):
        check_name(tidy(name))


def test_backslashes_are_slashes_and_cannot_hide_a_way_up() -> None:
    assert tidy("P-1\\1.jpg") == "P-1/1.jpg"
    with pytest.raises(Fault, match="name_unsafe"):
        check_name(tidy("..\\..\\a.jpg"))


@pytest.mark.parametrize("name", ["a.zip", "P/b.TAR.GZ", "c.7z", "d.rar"])
def test_archives_in_archives_have_a_code(name: str) -> None:
    with pytest.raises(Fault, match="nested_archive"):
        check_name(name)


def test_subjects_are_folders_and_a_wrapping_folder_is_none() -> None:
    assert reference_of("P-1/a/b.jpg", "") == "P-1"
    assert reference_of("P-1.jpg", "") == "P-1"
    assert common_folder(["people/P-1/1.jpg", "people/P-2/x/1.jpg"]) == "people/"
    assert reference_of("people/P-1/1.jpg", "people/") == "P-1"
    assert common_folder(["P-1/1.jpg", "P-1/2.jpg"]) == ""
    assert common_folder(["a/P-1/1.jpg", "b/P-1/1.jpg"]) == ""
    assert common_folder([]) == ""
    assert [is_passed_over(n) for n in ("a/", "a/.x", "__MACOSX/a/b", "Thumbs.db", "../a")] == [
        *[True] * 4,
        False,
    ]


def test_a_bomb_unpacks_to_no_more_than_was_said() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000)[2:-4]
    lying = Member("x", 0, len(bomb), 1000, 0, 8)
    data = b"PK\x03\x04" + b"\0" * 26 + bomb
    with pytest.raises(Fault, match="member_damaged"):
        unpack(InMemory(data), lying)


@pytest.mark.parametrize("seed", range(300))
def test_no_damage_is_more_than_a_fault(seed: int) -> None:
    """Whatever is changed, cut or doubled: a fault, or members that unpack to what was said."""
    dice = random.Random(seed)
    data = bytearray(packed(FILES, comment=b"c" * dice.randrange(30)))
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data))
        kind = dice.randrange(4)
        if kind == 0:
            data[at] = dice.randrange(256)
        elif kind == 1:
            data[at : at + 4] = struct.pack("<L", dice.choice([0, 1, 2**31, 2**32 - 1]))
        elif kind == 2:
            del data[at : at + dice.randrange(1, 60)]
        else:
            data[at:at] = data[at : at + dice.randrange(1, 60)]
    source = InMemory(bytes(data))
    try:
        for member in members(source, MOST):
            if not member.code and member.size < 10**6:
                content = unpack(source, member)
                assert len(content) == member.size
    except Fault as fault:
        assert fault.code in ("archive_unreadable", "member_damaged", "archive_too_many_files")
