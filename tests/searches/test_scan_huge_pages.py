"""Files in memory in pages of 2 MB: the same content, and gone when they are wiped."""

import mmap
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from searches.scan import files, huge_pages
from searches.scan.huge_pages import PAGE, gather
from tests.searches.scanned import folder_in_memory

SIZE = 4 * PAGE + 4096 + 17  # the last page is not full


@pytest.fixture
def path() -> Iterator[Path]:
    with folder_in_memory() as folder:
        (folder / "held").mkdir(parents=True)
        yield folder / "held" / "codes"


def written(path: Path, size: int = SIZE) -> bytes:
    path.write_bytes(np.random.default_rng(size).bytes(size))
    return path.read_bytes()


def huge_bytes() -> int:
    """Of all files in memory of this machine."""
    found = re.search(r"ShmemHugePages: +(\d+) kB", Path("/proc/meminfo").read_text())
    return int(found[1]) * 1024 if found else 0


def test_the_content_stays_also_for_who_maps_it(path: Path) -> None:
    content = written(path)
    mapped = np.memmap(path, np.uint8, "r+")
    if gather(path):
        assert huge_bytes() >= SIZE // PAGE * PAGE
    assert mapped.tobytes() == path.read_bytes() == content
    mapped[PAGE + 3] ^= 255
    assert (
        path.read_bytes()
        == content[: PAGE + 3] + bytes([content[PAGE + 3] ^ 255]) + (content[PAGE + 4 :])
    )


def test_wiping_reaches_who_maps_it(path: Path) -> None:
    content = written(path)
    gather(path)
    mapped = np.memmap(path, np.uint8, "r+")
    assert mapped.tobytes() == content
    files.wipe_folder(path.parent)
    assert not mapped.any()
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 1, PAGE - 1])
def test_a_file_of_less_than_a_page_is_left(path: Path, size: int) -> None:
    content = written(path, size)
    assert not gather(path)
    assert path.read_bytes() == content


def test_a_kernel_that_cannot_leaves_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(path)
    monkeypatch.setattr(huge_pages, "COLLAPSE", 9999)
    assert not gather(path)
    assert path.read_bytes() == content


def test_a_process_without_room_for_the_addresses_leaves_the_file(path: Path) -> None:
    content = written(path)
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * PAGE, before[1]))
    try:
        assert not gather(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert path.read_bytes() == content


def test_nothing_stays_mapped(path: Path) -> None:
    written(path)
    gather(path)
    assert str(path) not in Path("/proc/self/maps").read_text()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0):
        assert str(path) in Path("/proc/self/maps").read_text()
