"""A search through the whole portal against the bare engine and the bare SQL.

First without a worker: the portal's services and the bare calls take turns in one process, on
equal terms. Then with a real worker behind the embedded broker, for the queue.
"""

import time
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection

from portal.demo.processes import running
from portal.tenancy import scope
from searches.models import Job
from searches.waiting import wait_for
from tests.benchmarks import galleries
from tests.benchmarks.installation import prepare
from tests.benchmarks.searching import (
    GENERATED,
    PEOPLE,
    World,
    bare_steps,
    build_world,
    check,
    picture,
    portal_steps,
    submit,
    upload,
)
from tests.benchmarks.timing import cpu_seconds, median, p95

SIZES = (1000, 400)  # pixels a side: one megapixel, and the demo's pictures
ROUNDS = 30
WARM_UP = 3
PORTAL = ("upload", "analyse", "submit", "run")
BARE = ("decode", "detect", "embed", "sql")
ALLOWED = 1.15
POLL_SECONDS = 0.003
JOB_SECONDS = 120.0

Rows = list[tuple[str, float, str]]
J = TypeVar("J", bound=Job)


def run() -> Rows:
    prepare()
    agency, actor = galleries.new_agency("search")
    with scope(agency.pk), galleries.superuser() as server:
        world = build_world(actor, server)
        pictures = {size: picture(size) for size in SIZES}
        figures: Rows = []
        for size, data in pictures.items():
            figures += _in_process(world, size, data)
        with running("worker", "work"):
            queues: list[float] = []
            for size, data in pictures.items():
                rows, waits = _with_worker(world, size, data)
                figures += rows
                queues += waits
    return [*figures, *_queue(queues)]


def _in_process(world: World, size: int, data: bytes) -> Rows:
    """Figures without the queue: portal and bare calls take turns in this process."""
    rounds: list[dict[str, float]] = []
    sessions = {
        portal_steps: connection.connection.info.backend_pid,
        bare_steps: world.server.info.backend_pid,
    }
    cpu = dict.fromkeys(sessions, 0.0)
    turns = list(sessions)
    for number in range(WARM_UP + ROUNDS):
        rounds.append({})
        for turn in turns:
            before = cpu_seconds(sessions[turn])
            rounds[-1] |= turn(world, data)
            if number >= WARM_UP:
                cpu[turn] += cpu_seconds(sessions[turn]) - before
        turns.reverse()

    def spent(*steps: str) -> float:
        return median([sum(times[step] for step in steps) for times in rounds[WARM_UP:]])

    whole, bare_whole = spent(*PORTAL), spent(*BARE)
    job, bare_job = spent("run"), spent("decode", "embed", "sql")
    steps = ", ".join(f"{step} {spent(step):.1f}" for step in (*PORTAL, *BARE))
    return [
        (
            f"whole search, {size} px",
            whole / bare_whole,
            f"{whole:.0f} ms against {bare_whole:.0f} bare; {steps};"
            f" {PEOPLE} people and {GENERATED:,} templates, {ROUNDS} searches in turns",
        ),
        (
            f"search job, {size} px",
            job / bare_job,
            f"run_search {job:.1f} ms; decode, embed, SQL {bare_job:.1f} ms",
        ),
        (
            f"whole search, {size} px, CPU time",
            cpu[portal_steps] / cpu[bare_steps],
            f"{cpu[portal_steps] / ROUNDS * 1000:.0f} ms against"
            f" {cpu[bare_steps] / ROUNDS * 1000:.0f} bare, database sessions included:"
            " what other work on the machine does not bend",
        ),
        (
            f"portal's own work, {size} px, ms",
            whole - bare_whole,
            "whole search above the bare one: records, files, portraits, claims, commits",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Travel:
    """Milliseconds of one search: from the upload to the closed row, and of that the two waits
    between a service's return and a worker's claim."""

    total: float
    queue: float


def _through_worker(world: World, data: bytes) -> Travel:
    """Upload, wait for the faces, submit, wait for the candidates."""
    start = time.perf_counter()
    probe = upload(world, data)
    rung = time.time()
    probe = _closed(probe)
    queue = _claimed_after(probe, rung)
    search = submit(world, probe)
    rung = time.time()
    search = _closed(search)
    total = (time.perf_counter() - start) * 1000
    check(search)
    return Travel(total, queue + _claimed_after(search, rung))


def _closed(job: J) -> J:
    """The job once a worker has closed it, asked for often and cheaply."""
    table = job._meta.db_table
    deadline = time.monotonic() + JOB_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(f"SELECT finished_at IS NOT NULL FROM {table} WHERE id = %s", [job.pk])
            if cursor.fetchone() == (True,):
                break
            time.sleep(POLL_SECONDS)
    return wait_for(type(job).objects.get(pk=job.pk), seconds=0)


def _claimed_after(job: Job, rung: float) -> float:
    """Milliseconds from the bell to the claim; the database's clock is this machine's."""
    if job.claimed_at is None:
        raise RuntimeError(f"{job} was never claimed")
    return max(0.0, (job.claimed_at.timestamp() - rung) * 1000)


def _with_worker(world: World, size: int, data: bytes) -> tuple[Rows, list[float]]:
    """Figures through the queue, in turns with the bare search; and the waits of each search."""
    travels: list[Travel] = []
    bare: list[float] = []
    for _ in range(WARM_UP + ROUNDS):
        travels.append(_through_worker(world, data))
        bare.append(sum(bare_steps(world, data).values()))
    travels, bare = travels[WARM_UP:], bare[WARM_UP:]
    excess = [travel.total - ALLOWED * b for travel, b in zip(travels, bare, strict=True)]
    work = [travel.total - travel.queue for travel in travels]
    totals = [travel.total for travel in travels]
    figure = (
        f"ms above {ALLOWED} x bare, {size} px",
        median(excess),
        f"through a worker: {median(totals):.0f} / {p95(totals):.0f} ms from upload to"
        f" candidates, of that {median(work):.0f} at work; bare {median(bare):.0f} ms;"
        f" {ROUNDS} searches in turns",
    )
    return [figure], [travel.queue for travel in travels]


def _queue(queues: list[float]) -> Rows:
    what = f"both waits of a search (faces, candidates), embedded broker, {len(queues)} searches"
    return [("queue, p50 ms", median(queues), what), ("queue, p95 ms", p95(queues), what)]
