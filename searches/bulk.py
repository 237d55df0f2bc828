"""Enrolling a folder: the walk, the worker processes that measure, the parent that writes."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from accounts.actor import Actor
from searches.faults import Fault
from searches.images import ImageRejected
from searches.measuring import NewPicture, measure_file, prepare_process, read_regular
from searches.models import Gallery
from searches.services.contracts import contract_asked
from searches.services.duplicates import Held
from searches.services.enrolment import (
    Provenance,
    clean_reference,
    enrol_picture,
    enrolled_references,
)

QUEUED_PER_PROCESS = 4
ASKED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder and the subject it belongs to."""

    path: Path
    reference: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that was not enrolled, and why; `code` as in searches.faults and searches.images."""

    path: str
    reference: str
    code: str
    message: str


@dataclass(slots=True)
class Summary:
    """What became of the files of one run."""

    enrolled: int = 0
    already: int = 0
    held: int = 0
    """Not enrolled, but held for review: they resemble another subject."""
    rejected: list[Rejected] = field(default_factory=list)


def walk(folder: Path) -> list[Found]:
    """Files by subject: a sub-folder is one subject, a file directly in `folder` is one too.

    Hidden files are passed over. Sorted, so that a run that is repeated takes the same way.
    """
    found: list[Found] = []
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            inner = sorted(path for path in entry.rglob("*") if _counts(path, entry))
            found.extend(Found(path, entry.name) for path in inner)
        else:
            found.append(Found(entry, entry.stem))
    return found


def _counts(path: Path, below: Path) -> bool:
    """Whether a path below a subject's folder is a file to look at."""
    hidden = any(part.startswith(".") for part in path.relative_to(below).parts)
    return not hidden and (path.is_symlink() or not path.is_dir())


def enrol_folder(
    *,
    actor: Actor,
    gallery: Gallery,
    files: list[Found],
    provenance_of: Callable[[Path], Provenance],
    processes: int,
    progress: Callable[[Summary], None],
) -> Summary:
    """Enrol files, measuring in `processes` worker processes and committing file by file.

    Files that the gallery has already are passed over, so that a run that was interrupted goes on
    where it stopped. Results are written in the order of `files`, whoever finishes first.
    """
    summary = Summary()
    contract = contract_asked(gallery)
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, prepare_process, (contract,)) as pool:
        for found, measured in _measured(pool, gallery, files, processes, summary, contract):
            try:
                made = enrol_picture(
                    actor=actor,
                    gallery=gallery,
                    reference=found.reference,
                    picture=measured.result(),
                    provenance=provenance_of(found.path),
                )
                if isinstance(made, Held):
                    summary.held += 1
                else:
                    summary.enrolled += 1
            except (Fault, ImageRejected) as fault:
                _reject(summary, found, fault)
            progress(summary)
    progress(summary)
    return summary


def _measured(
    pool: ProcessPoolExecutor,
    gallery: Gallery,
    files: list[Found],
    processes: int,
    summary: Summary,
    contract: str,
) -> Iterator[tuple[Found, "Future[NewPicture]"]]:
    """Files with the measurement that is under way for each; never more than a few ahead."""
    waiting: deque[tuple[Found, Future[NewPicture]]] = deque()
    for found in _not_enrolled(gallery, files, summary):
        waiting.append((found, pool.submit(measure_file, found.path, contract)))
        if len(waiting) >= processes * QUEUED_PER_PROCESS:
            yield waiting.popleft()
    yield from waiting


def _not_enrolled(gallery: Gallery, files: list[Found], summary: Summary) -> Iterator[Found]:
    """Files that the gallery does not have yet, asked for a few at a time."""
    seen: dict[str, str] = {}  # the subject of each file, by its hash
    met: set[str] = set()  # files of this run
    for start in range(0, len(files), ASKED_AT_ONCE):
        hashed: list[tuple[Found, str]] = []
        for found in files[start : start + ASKED_AT_ONCE]:
            try:
                clean_reference(found.reference)
                hashed.append((found, hashlib.sha256(read_regular(found.path)).hexdigest()))
            except (Fault, ImageRejected) as fault:
                _reject(summary, found, fault)
        there = enrolled_references(gallery, [sha256 for _, sha256 in hashed])
        for found, sha256 in hashed:
            reference = found.reference.strip()
            known = seen.setdefault(sha256, there.get(sha256, reference))
            if known != reference:
                _reject(summary, found, Fault("duplicate_subject_file"))
            elif sha256 in met:
                _reject(summary, found, Fault("duplicate_file"))
            elif sha256 in there:
                summary.already += 1
            else:
                yield found
            met.add(sha256)


def _reject(summary: Summary, found: Found, fault: Fault | ImageRejected) -> None:
    path, reference = str(found.path), found.reference
    summary.rejected.append(Rejected(path, reference, fault.code, fault.message))
