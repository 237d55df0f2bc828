"""Enrolment, of a folder and by an import, against the bare engine on the same files; and what an
import keeps in memory. All in two processes.

A photograph of a police register has at least 480 x 600 pixels and is to have 768 x 960 (ANSI/NIST-
ITL 1-2011, mugshots): pictures of 768 pixels are what counts, those of 400 show what a small one
costs beside its measuring. All sides are warm: starting the processes and loading their engines is
left out on all, and so are the first pictures of each run.
"""

import tempfile
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.actor import Actor
from portal.tenancy import scope
from searches.bulk import QUEUED_PER_PROCESS, Found, enrol_folder, walk
from searches.engines.synthetic.folder import write_folder
from searches.measuring import prepare_process
from tests.benchmarks import galleries, importing
from tests.benchmarks.bare import embed_file
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import cpu_seconds, median
from tests.searches.import_pictures import archive_of, people

SIZES = {768: 180, 400: 240}  # pixels, and how many pictures of that size
PROCESSES = 2
ROUNDS = 6
LEFT_OUT = PROCESSES * QUEUED_PER_PROCESS + 2  # pictures until the pipeline runs evenly
IN_MEMORY = 20_000
PEOPLE = 200
FIRST_MARK = 2000 // PROCESSES  # pictures of one process


def run() -> list[tuple[str, float, str]]:
    prepare()
    _, actor = galleries.new_agency("enrolment")
    with scope(actor.agency):
        start = _start_seconds()
        compared = [row for size in SIZES for row in _compared(actor, size, start)]
        return [*compared, _memory(actor)]


def _compared(actor: Actor, size: int, start: float) -> list[tuple[str, float, str]]:
    """Folder, import and bare engine in turns on the same pictures."""
    portal: list[Pace] = []
    bare: list[Pace] = []
    imported: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder), people=SIZES[size], pictures=1, size=size)
        files = walk(Path(folder))
        part = SIZES[size] // ROUNDS
        for number in range(ROUNDS):
            some = files[number * part : (number + 1) * part]
            if number % 2:
                bare.append(_bare(some, start))
            portal.append(_portal(actor, f"Part {number + 1}, {size}", some, start))
            data = importing.packed_folder([found.path for found in some], Path(folder))
            name = f"Import {number + 1}, {size}"
            batch, _ = importing.import_archive(actor, name, data)
            imported.append(importing.rate(batch, LEFT_OUT))
            if not number % 2:
                bare.append(_bare(some, start))
    return [*_figures(portal, bare, size), _of_imports(imported, bare, size)]


def _of_imports(imported: list[float], bare: list["Pace"], size: int) -> tuple[str, float, str]:
    rates = [one / other.rate for one, other in zip(imported, bare, strict=True)]
    return (
        f"import, two processes, {size} px",
        median(rates),
        f"import {median(imported):.2f} pictures/s; parts: " + " ".join(f"{r:.2f}" for r in rates),
    )


def _memory(actor: Actor) -> tuple[str, float, str]:
    """Resident memory of the worker processes after 20,000 pictures against after 2,000."""
    data, _ = archive_of(people(PEOPLE), IN_MEMORY)
    _, marks = importing.import_archive(actor, "Memory", data)
    ratios, words = [], []
    for lane in marks:
        early = next(mark for mark in lane if mark.pictures >= FIRST_MARK)
        ratios.append(lane[-1].rss / early.rss)
        words.append(f"{early.rss / 2**20:.0f} to {lane[-1].rss / 2**20:.0f} MB")
    text = f"{IN_MEMORY} small pictures, after {FIRST_MARK} of a process and at its end: "
    return "import, memory at the end", max(ratios), text + ", ".join(words)


@dataclass(frozen=True, slots=True)
class Pace:
    """One run: pictures a second by the clock, and CPU seconds a picture of all processes."""

    rate: float
    cpu: float


def _figures(portal: list[Pace], bare: list[Pace], size: int) -> list[tuple[str, float, str]]:
    rates = [one.rate / other.rate for one, other in zip(portal, bare, strict=True)]
    ours, theirs = median([one.cpu for one in portal]), median([one.cpu for one in bare])
    return [
        (
            f"enrolment, two processes, {size} px",
            median(rates),
            f"enrol_folder {median([one.rate for one in portal]):.2f} pictures/s, bare engine"
            f" {median([one.rate for one in bare]):.2f}; {SIZES[size]} pictures in {ROUNDS} parts"
            " in turns, warm; parts: " + " ".join(f"{r:.2f}" for r in rates),
        ),
        (
            f"enrolment, CPU time, {size} px",
            theirs / ours,
            f"bare engine {theirs * 1000:.0f} ms of CPU a picture, enrol_folder"
            f" {ours * 1000:.0f} with its database session: what the clock shows on idle cores",
        ),
    ]


def _cpu_seconds() -> float:
    connection.ensure_connection()
    return cpu_seconds(connection.connection.info.backend_pid)


def _start_seconds() -> float:
    """CPU time of starting the processes and loading their engines."""
    before = _cpu_seconds()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), prepare_process) as pool:
        list(pool.map(str, range(PROCESSES * 50)))
    return _cpu_seconds() - before


def _portal(actor: Actor, gallery: str, files: list[Found], start: float) -> Pace:
    """`enrol_folder` into a new gallery."""
    before = _cpu_seconds()
    finished: list[float] = []
    filled = galleries.empty_gallery(actor, gallery)
    summary = enrol_folder(
        actor=actor,
        gallery=filled,
        files=files,
        provenance_of=lambda path: galleries.provenance_of(filled),
        processes=PROCESSES,
        progress=lambda summary: finished.append(time.perf_counter()),
    )
    if summary.enrolled < 0.9 * len(files):
        raise RuntimeError(f"Only {summary.enrolled} of {len(files)} pictures were enrolled")
    cpu = (_cpu_seconds() - before - start) / len(files)
    return Pace(_rate(finished[: len(files)]), cpu)


def _bare(files: list[Found], start: float) -> Pace:
    """The engine alone, in as many processes and as far ahead."""
    before = _cpu_seconds()
    finished: list[float] = []
    waiting: deque[Future[Any]] = deque()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), prepare_process) as pool:
        for found in files:
            waiting.append(pool.submit(embed_file, found.path))
            if len(waiting) >= PROCESSES * QUEUED_PER_PROCESS:
                waiting.popleft().result()
                finished.append(time.perf_counter())
        for future in waiting:
            future.result()
            finished.append(time.perf_counter())
    return Pace(_rate(finished), (_cpu_seconds() - before - start) / len(files))


def _rate(finished: list[float]) -> float:
    """Pictures a second once the pipeline runs evenly, from the moments they were finished."""
    return (len(finished) - LEFT_OUT) / (finished[-1] - finished[LEFT_OUT - 1])
