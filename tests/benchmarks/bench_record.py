"""What recording costs: 50 writers of one agency at once, and the record's part of a search.

Each writer's act takes 20 ms and records one entry. They run in one agency, each in an agency of
its own, and, for comparison, in a record that links within the act's transaction by locking the
head of its chain: what Candor does not do (docs/adr/0011).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

import searches.services.probes
import searches.services.searching
from accounts.actor import Actor, command_actor
from portal.audit import recorder
from portal.audit.actions import Action
from portal.audit.linking import link_pending
from portal.tenancy import scope
from tests.benchmarks import galleries
from tests.benchmarks.installation import prepare
from tests.benchmarks.searching import build_world, picture, portal_steps
from tests.benchmarks.timing import median

WRITERS = 50
ACTS = 40
ACT_SECONDS = 0.02
LINKING_SECONDS = 1.0  # the workers' clock links every 15 s
ROUNDS, WARM_UP = 20, 3
SERIAL = "CREATE TABLE serial_head (agency_id bigint PRIMARY KEY, head text NOT NULL)"
RECORDING = (searches.services.searching, searches.services.probes)

Rows = list[tuple[str, float, str]]


def run() -> Rows:
    prepare()
    return [*_writers(), *_share_of_a_search()]


# --- 50 writers at once --------------------------------------------------------------------------


def _writers() -> Rows:
    shared = [galleries.new_agency("shared")[0].pk] * WRITERS
    apart = [galleries.new_agency(f"apart-{number}")[0].pk for number in range(WRITERS)]
    with galleries.superuser() as server:
        server.execute(SERIAL)
        server.execute("GRANT ALL ON serial_head TO candor_app")
        server.execute("INSERT INTO serial_head VALUES (%s, '')", [shared[0]])
        server.commit()
    _rate(shared, _record)  # connections, plans
    together = _rate(shared, _record)
    linked = _while_linking(shared)
    own = _rate(apart, _record)
    serial = _rate(shared, _record_in_turns)
    text = f"{WRITERS} writers, {ACTS} acts of {ACT_SECONDS * 1000:.0f} ms each; acts a second:"
    return [
        (
            "one agency against 50 agencies",
            together / own,
            f"{text} {together:.0f} in one agency, {own:.0f} in 50",
        ),
        (
            "while a linker runs",
            linked / together,
            f"{linked:.0f} acts a second while a linker in the same process links every"
            f" second, {together:.0f} without",
        ),
        (
            "against linking in the act",
            together / serial,
            f"{together:.0f} acts a second against {serial:.0f} where each act locks the head",
        ),
        ("linker, entries a second", _linking_rate(), "alone, over what the writers left"),
    ]


def _rate(agencies: list[int], write: Callable[[Actor], None]) -> float:
    """Acts a second of one writer for each of the agencies, all at once."""
    begin = threading.Barrier(len(agencies) + 1)
    problems: list[Exception] = []

    def work(agency_id: int) -> None:
        actor = command_actor("bench", agency_id)
        try:
            connection.ensure_connection()
            begin.wait()
            for _ in range(ACTS):
                write(actor)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(agency_id,)) for agency_id in agencies]
    for thread in threads:
        thread.start()
    begin.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return len(agencies) * ACTS / (time.perf_counter() - start)


def _act() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [ACT_SECONDS])


def _record(actor: Actor) -> None:
    with scope(actor.agency), transaction.atomic():
        recorder.record(actor, Action.CASE_VIEWED)
        _act()


def _record_in_turns(actor: Actor) -> None:
    with scope(actor.agency), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE serial_head SET head = md5(head) WHERE agency_id = %s", [actor.agency]
            )
        recorder.record(actor, Action.CASE_VIEWED)
        _act()


def _while_linking(agencies: list[int]) -> float:
    stop = threading.Event()
    linker = threading.Thread(target=_link_until, args=(agencies[0], stop))
    linker.start()
    try:
        return _rate(agencies, _record)
    finally:
        stop.set()
        linker.join()


def _link_until(agency_id: int, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            link_pending(agency_id)
            stop.wait(LINKING_SECONDS)
    finally:
        connection.close()


def _linking_rate() -> float:
    agency, actor = galleries.new_agency("linked")
    with scope(agency.pk), transaction.atomic():
        for _ in range(5000):
            recorder.record(actor, Action.CASE_VIEWED)
    start = time.perf_counter()
    return link_pending(agency.pk) / (time.perf_counter() - start)


# --- the record's part of a search ---------------------------------------------------------------


def _share_of_a_search() -> Rows:
    """Wall time inside `record` as a share of upload, analysis, submission and search."""
    agency, actor = galleries.new_agency("search")
    shares: list[float] = []
    spent: list[float] = []
    with scope(agency.pk), galleries.superuser() as server:
        world, data = build_world(actor, server), picture(1000)
        for number in range(WARM_UP + ROUNDS):
            with _timed_recording() as times:
                whole = sum(portal_steps(world, data).values())
            if number >= WARM_UP:
                spent.append(sum(times) * 1000)
                shares.append(100 * spent[-1] / whole)
    text = f"{median(spent):.1f} ms for {len(times)} entries, reasons sealed; 1000 px"
    return [("recording, % of a search", median(shares), text)]


@contextmanager
def _timed_recording() -> Iterator[list[float]]:
    times: list[float] = []
    original = recorder.record

    def timed(*args: object, **kwargs: object) -> object:
        start = time.perf_counter()
        try:
            return original(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            times.append(time.perf_counter() - start)

    for module in RECORDING:
        module.record = timed  # type: ignore[attr-defined]
    try:
        yield times
    finally:
        for module in RECORDING:
            module.record = original  # type: ignore[attr-defined]
