"""Where a host keeps what it holds: files in memory (tmpfs) that all its processes map.

Of each gallery and contract there is a small file that says what holds now (`State`), replaced as a
whole, and a folder of large ones, named by a token. Whoever takes them away removes the small file
first: a reader who still finds the same token afterwards has read nothing that was taken away.
Nothing of it reaches a disk, but for swap (docs/operations.md), and a restart leaves none.
"""

import fcntl
import json
import mmap
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings

from searches.shards import WHOLE, Shard

FORMAT = 1
IN_MEMORY = ("tmpfs", "ramfs")


class NoPlace(Exception):
    """There is no folder in memory that is ours alone; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A gallery of an agency under one contract, or a shard of it."""

    agency: int
    contract: int
    gallery: UUID
    shard: Shard = WHOLE

    @property
    def name(self) -> str:
        whole = f"{self.agency}.{self.contract}.{self.gallery}"
        if self.shard == WHOLE:
            return whole
        return f"{whole}_{self.shard.number}of{self.shard.count}"

    def part(self, shard: Shard) -> "Key":
        return replace(self, shard=shard)

    @classmethod
    def of_name(cls, name: str) -> "Key":
        agency, contract, place = name.split(".")
        gallery, _, shard = place.partition("_")
        number, _, count = shard.partition("of")
        chosen = Shard(int(number), int(count)) if shard else WHOLE
        return cls(int(agency), int(contract), UUID(gallery), chosen)


@dataclass(frozen=True, slots=True)
class State:
    """What holds now. `rows` are coded, `dead` of them wiped; `tail` came since, compared exactly.

    `seen` is the snapshot of PostgreSQL up to which all changes are in. `reranked` is how many of
    the best by their codes are compared exactly, None where that finds too few (measuring.py);
    `recall` is the share of the nearest that it finds, `measured_on` by so many searches.
    """

    token: str
    seen: str
    dimension: int
    rows: int
    dead: int
    tail: int
    tail_dead: int
    reranked: int | None
    recall: float
    measured_on: int
    measured_at: str  # ISO 8601
    format: int = FORMAT

    @property
    def templates(self) -> int:
        return self.rows - self.dead + self.tail - self.tail_dead


def root() -> Path:
    """The host's folder, made when it is missing. Raises NoPlace."""
    path = _place(str(settings.SCAN_FOLDER))  # asked thrice by every search
    try:
        found = path.lstat()
    except FileNotFoundError:
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise NoPlace(f"{path} is not a folder of this user alone")
    return path


@cache
def _place(folder: str) -> Path:
    path = Path(folder)
    if not is_in_memory(path.parent):
        raise NoPlace(f"{path} does not lie in memory (tmpfs)")
    return path


@cache
def is_in_memory(path: Path) -> bool:
    """Whether a folder lies in a file system that no disk has."""
    best, kind = "", ""
    with suppress(OSError):
        real = str(path.resolve(strict=True))
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            point = before.split()[4]
            below = real == point or real.startswith(point.rstrip("/") + "/")
            if below and len(point) >= len(best):
                best, kind = point, after.split()[0]
    return kind in IN_MEMORY


def host() -> UUID:
    """Who this host is: as long as its folder lives, and no longer."""
    path = root() / "host"
    if not path.exists():
        draft = path.with_name(f".host-{uuid4()}")
        with create(draft) as file:
            file.write(str(uuid4()).encode())
        with suppress(FileExistsError):  # another process was first
            os.link(draft, path)
        draft.unlink()
    return UUID(path.read_text())


def read_state(key: Key) -> State | None:
    """What holds now; None where nothing does, or where it cannot be read."""
    try:
        with open(f"{root()}/{key.name}.json", "rb") as file:  # quicker than by a new Path
            state = State(**json.loads(file.read()))
    except (NoPlace, OSError, ValueError, TypeError):
        return None
    return state if state.format == FORMAT else None


def write_state(key: Key, state: State) -> None:
    """Replace what holds; under the key's lock."""
    path = root() / f"{key.name}.json"
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.unlink(missing_ok=True)
    with create(draft) as file:
        file.write(json.dumps(asdict(state)).encode())
    draft.rename(path)


def folder_of(key: Key, token: str) -> Path:
    return Path(settings.SCAN_FOLDER) / f"{key.name}.{token}"


def create(path: Path) -> BinaryIO:
    """A new file that nobody else may read."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "r+b")


def wipe(key: Key) -> None:
    """Take everything of a gallery away, also from processes that map it; under its lock."""
    place = Path(settings.SCAN_FOLDER)
    (place / f"{key.name}.json").unlink(missing_ok=True)
    for folder in place.glob(f"{key.name}.*-*"):
        wipe_folder(folder)
    (place / f"{key.name}.used").unlink(missing_ok=True)


def wipe_folder(folder: Path) -> None:
    """Give the memory of these files back: who maps them finds zeros."""
    for path in folder.glob("*"):
        with suppress(FileNotFoundError), path.open("r+b") as file:
            if os.fstat(file.fileno()).st_size:
                with mmap.mmap(file.fileno(), 0) as mapped:
                    mapped.madvise(mmap.MADV_REMOVE)
    shutil.rmtree(folder, ignore_errors=True)


def bytes_in_use() -> int:
    """The memory that the host's folder takes."""
    total = 0
    for path in Path(settings.SCAN_FOLDER).rglob("*"):
        with suppress(FileNotFoundError):  # it went meanwhile
            total += path.stat().st_blocks * 512
    return total


def held() -> list[Key]:
    """The galleries that this host holds."""
    names = (path.stem for path in Path(settings.SCAN_FOLDER).glob("[0-9]*.json"))
    return sorted(Key.of_name(name) for name in names)


def mark_used(key: Key) -> None:
    _touch(key, "used")


def want(key: Key) -> None:
    """Ask the keeper of this host to hold a gallery."""
    _touch(key, "wanted")


def wanted() -> list[Key]:
    names = (path.stem for path in Path(settings.SCAN_FOLDER).glob("[0-9]*.wanted"))
    return sorted(Key.of_name(name) for name in names)


def forget_wish(key: Key) -> None:
    (Path(settings.SCAN_FOLDER) / f"{key.name}.wanted").unlink(missing_ok=True)


def used_at(key: Key) -> float:
    """When it was last searched, in seconds of the host's clock; 0: never."""
    try:
        return (Path(settings.SCAN_FOLDER) / f"{key.name}.used").stat().st_mtime
    except OSError:
        return 0.0


def _touch(key: Key, what: str) -> None:
    with suppress(NoPlace, OSError):  # a full folder, or none: the search goes on by SQL
        path = root() / f"{key.name}.{what}"
        if not path.exists():
            create(path).close()
        os.utime(path)


@contextmanager
def lock(name: str, seconds: float = 0.0) -> Iterator[bool]:
    """Whether we alone have a lock of this host, waiting for it so long. It ends with a process."""
    number = os.open(root() / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        yield _locked(number, time.monotonic() + seconds)
    finally:
        os.close(number)


def _locked(number: int, give_up: float) -> bool:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                return False
            time.sleep(0.002)
        else:
            return True
