"""A gallery divided between two hosts on this machine, asked through a real Redis."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from django.conf import settings

from portal.tenancy import scope
from searches.models import Gallery, ScanHolder, Search
from searches.scan import hosts
from searches.scan.planning import Compared, compare
from searches.services import jobs
from searches.services.galleries import contract_row
from searches.vectors import nearest_subjects
from tests.benchmarks import galleries
from tests.benchmarks.installation import prepare
from tests.benchmarks.timing import median, milliseconds, p95
from tests.factories import make_case, make_probe, make_search, person_jpeg
from tests.searches.processes import Redis

DIMENSION, SIZE, LIMIT = 512, 100_000, 20
ROUNDS, SQL_ROUNDS = 60, 6
HOLD_SECONDS = 120.0
CONTRACT = "candor-ec1-sha256:" + "2" * 64

Rows = list[tuple[str, float, str]]


class Host:
    """A worker that answers, with a folder in memory of its own."""

    def __init__(self, name: str, broker: str, memory: Path) -> None:
        self.folder = memory / name
        more = {"BROKER_URL": broker, "CANDOR_SCAN_HOST": name, "CANDOR_SCAN_COPIES": "1"}
        more |= {"CANDOR_SCAN_FOLDER": str(self.folder)}
        command = [sys.executable, "manage.py", "work", "--scans", "--processes", "1"]
        self.process = subprocess.Popen(
            command, env=os.environ | more, stdout=sys.stderr, start_new_session=True
        )

    def megabytes(self) -> float:
        """What it holds: the files in memory that all its processes map."""
        every = self.folder.rglob("*")
        return sum(path.stat().st_blocks * 512 for path in every if path.is_file()) / 2**20

    def own_megabytes(self) -> float:
        """What its processes take beside that."""
        main = psutil.Process(self.process.pid)
        family = [main, *main.children(recursive=True)]
        return float(sum(one.memory_full_info().uss for one in family)) / 2**20

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def run() -> Rows:
    prepare()
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="candor-bench-") as name:
        memory = Path(name)
        broker = Redis(memory)
        broker.start()
        settings.BROKER_URL, settings.SCAN_FOLDER = broker.url, memory / "searches"
        settings.SCAN_SHARD_TEMPLATES, settings.SCAN_COPIES = SIZE // 2, 1
        both = [Host(name, broker.url, memory) for name in ("a", "b")]
        try:
            return _measured(both, broker)
        finally:
            for host in both:
                host.kill()
            broker.kill()


def _measured(both: list[Host], broker: Redis) -> Rows:
    agency, actor = galleries.new_agency("hosts")
    vectors = galleries.face_like(SIZE // galleries.PICTURES_EACH, DIMENSION, seed=1)
    with scope(agency.pk):
        gallery = galleries.empty_gallery(actor, "Generated")
        contract = contract_row(CONTRACT, "generated", DIMENSION)
        Gallery.objects.filter(pk=gallery.pk).update(contract=contract)
        galleries.fill(gallery, contract.pk, vectors)
        galleries.settle()
        probe = make_probe(make_case(agency), person_jpeg(1))
        waiting = make_search(probe, [galleries.empty_gallery(actor, "Another")], run=False)
        with jobs.claimed(Search, waiting.pk) as job:
            assert job is not None
            place: Any = {"contract_pk": contract.pk, "galleries": [gallery.pk], "limit": LIMIT}

            def ask(number: int) -> Compared:
                return compare(vectors[number * 7], search=job, **place)

            rows = _held(both, ask)
            with _bytes_of(broker) as through:
                times = [milliseconds(lambda n=n: ask(n)) for n in range(ROUNDS)]  # type: ignore[misc]
            sql = [
                milliseconds(lambda n=n: nearest_subjects(vectors[n], **place))  # type: ignore[misc]
                for n in range(SQL_ROUNDS)
            ]
            text = f"{SIZE:,} templates in two shards; SQL alone {median(sql):.0f} ms"
            rows += [
                ("hosts, p50 ms", median(times), text),
                ("hosts, p95 ms", p95(times), text),
                ("hosts, kB a search through the broker", through[0] / ROUNDS / 1000, "both ways"),
            ]
            return rows + _lost(both, ask)


def _held(both: list[Host], ask: Any) -> Rows:
    _until(lambda: len(hosts.live_hosts()) == len(both))
    began = time.monotonic()
    ask(0)
    _until(lambda: ScanHolder.objects.filter(built_at__isnull=False).count() == len(both))
    built = time.monotonic() - began
    if not ask(1).scanned:
        raise RuntimeError("the hosts do not answer")
    held, own = [host.megabytes() for host in both], [host.own_megabytes() for host in both]
    text = f"of the two {held[0]:.0f} and {held[1]:.0f}; their processes {own[0]:.0f} beside it"
    return [
        ("hosts, MB held by one", max(held), text),
        ("hosts, s from the first search to both shards held", built, "both at once"),
    ]


def _lost(both: list[Host], ask: Any) -> Rows:
    both[1].kill()
    first = milliseconds(lambda: ask(1))
    later = milliseconds(lambda: ask(2))
    text = "waits for the lost one, then compares its shard in SQL"
    return [
        ("hosts, ms of the first search after a loss", first, text),
        ("hosts, ms of the next one", later, text),
    ]


@contextmanager
def _bytes_of(broker: Redis) -> Iterator[list[float]]:
    """What goes through Redis within the block."""

    def total() -> float:
        stats = broker.ask("INFO", "stats")
        return float(stats["total_net_input_bytes"] + stats["total_net_output_bytes"])

    found, before = [0.0], total()
    yield found
    found[0] = total() - before


def _until(condition: Any) -> None:
    deadline = time.monotonic() + HOLD_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the gallery is not held: is there memory for it?")
        time.sleep(0.1)
