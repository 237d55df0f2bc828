"""Two hosts on one machine: a gallery divided between them, and what happens when one is lost.

Each has a folder in memory and a queue of its own in a real Redis; a worker on a third one, which
holds nothing, takes the searches.
"""

import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.portal.embedded_clients import wait_until
from tests.searches.installation import CLOSE_SECONDS, Installation, installation
from tests.searches.office import PEOPLE, Office
from tests.searches.processes import Redis, Worker
from tests.searches.test_erasure_bytes import files_with, state_of, vector_pieces

pytestmark = pytest.mark.processes

NAMES = ("a", "b")
HELD = "SELECT count(*) FROM searches_scanholder WHERE built_at IS NOT NULL AND gallery_id = %s"
QUESTIONS = "searches_scanquestion"
ASKED = f"SELECT count(*) FROM {QUESTIONS}"


class Hosts:
    """The office, its broker, and two hosts that answer."""

    def __init__(self, place: Installation, broker: Redis, memory: Path) -> None:
        self.place, self.broker, self.memory = place, broker, memory
        place.environment |= {
            "CANDOR_SCAN_FROM": "2",
            "CANDOR_SCAN_SHARD_TEMPLATES": str(PEOPLE // 2 + 2),
            "CANDOR_SCAN_COPIES": "1",
            "CANDOR_SCAN_ANSWER_SECONDS": "6",
            "CANDOR_SCAN_HOST": "searches",
            "CANDOR_SCAN_FOLDER": str(memory / "searches"),
        }
        self.answering: dict[str, Worker] = {}

    def open(self) -> None:
        place = self.place
        self.answering |= {name: self.start(name) for name in NAMES}
        self.office = Office(place)  # while these start
        for worker in self.answering.values():
            worker.wait_ready()
        self.hand = place.hand(broker=self.broker.url)
        self.searcher()
        self.office.probe = self.office.upload(self.hand)
        place.wait_closed("probe", self.office.probe)

    def start(self, name: str) -> Worker:
        started, log = self.place.start(
            *("work", "--scans", "--processes", "1"),
            BROKER_URL=self.broker.url,
            CANDOR_SCAN_HOST=name,
            CANDOR_SCAN_FOLDER=str(self.memory / name),
        )
        return Worker(started, log, self.broker.url)

    def searcher(self) -> Worker:
        return self.office.worker(self.broker.url)

    def submit(self) -> str:
        return self.office.submit(self.hand)

    def searched(self, search: str, **more: Any) -> list[Any]:
        """The candidates of a search that ends as it should."""
        self.office.assert_searched(search, **more)
        columns = "rank, subject_id::text, image_id::text, similarity"
        query = f"SELECT {columns} FROM searches_candidate WHERE search_id = %s ORDER BY rank"
        return self.place.rows(query, search)

    def scanned(self, search: str) -> list[Any]:
        query = "SELECT comparison -> 'scanned' FROM searches_search WHERE id = %s"
        return list(self.place.value(query, search))

    def wait_held(self, gallery: str, shards: int) -> None:
        wait_until(lambda: self.place.value(HELD, gallery) == shards, 60)

    def wait_erased(self, erasure: str) -> None:
        wait_until(lambda: state_of(self.place, erasure) in ("done", "failed"), 60)
        assert state_of(self.place, erasure) == "done"

    def close(self) -> None:
        for worker in self.answering.values():
            worker.kill_group()


@pytest.fixture(scope="module")
def hosts(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    memory = Path("/dev/shm") / f"candor-test-{uuid.uuid4()}"
    memory.mkdir()
    broker = Redis(tmp_path_factory.mktemp("redis"))
    broker.start()
    with installation(models) as place:
        made = Hosts(place, broker, memory)
        try:
            made.open()
            yield made
        finally:
            made.close()
            broker.kill()
            shutil.rmtree(memory)


@pytest.fixture(scope="module")
def exact(hosts: Hosts) -> list[Any]:
    """The candidates as SQL gives them, while nobody holds the gallery."""
    search = hosts.submit()
    found = hosts.searched(search)
    assert hosts.scanned(search) == []
    hosts.wait_held(hosts.office.gallery, 2)
    return found


def test_a_gallery_is_divided_and_lives_on_its_hosts_alone(hosts: Hosts, exact: list[Any]) -> None:
    search = hosts.submit()
    assert hosts.searched(search, attempts=1) == exact
    [scanned] = hosts.scanned(search)
    assert (scanned["gallery"], scanned["shards"]) == (hosts.office.gallery, 2)
    names = [path.stem for host in NAMES for path in (hosts.memory / host).glob("[0-9]*.json")]
    assert sorted(name.rpartition("_")[2] for name in names) == ["0of2", "1of2"]
    assert not list((hosts.memory / "searches").glob("[0-9]*"))
    assert hosts.place.value(ASKED) == 0
    assert hosts.broker.ask("KEYS", "celery-task-meta-*") == []


def test_random_galleries_have_the_list_of_sql(hosts: Hosts, exact: list[Any]) -> None:
    """Ties, excluded pictures, changes: over the real broker."""
    hosts.place.end_workers()
    search = hosts.submit()
    values = {"slug": hosts.office.slug, "search": search}
    gallery = hosts.hand.do("fill", slug=hosts.office.slug, seed=3, people=100)
    values["gallery"] = gallery
    first = hosts.hand.do("compare_made", seed=0, rounds=1, **values)
    assert first == {"shards": [], "questions": 0}
    hosts.wait_held(gallery, 4)
    found = hosts.hand.do("compare_made", seed=1, rounds=80, **values)
    assert found["questions"] == 0
    assert set(found["shards"]) == {4}
    assert len(found["shards"]) > 40
    hosts.searcher()
    assert hosts.searched(search) == exact


def test_a_host_that_is_killed_in_the_middle_of_a_search(hosts: Hosts, exact: list[Any]) -> None:
    """It is alive when it is chosen, and dead when the question comes."""
    lost = hosts.answering["b"]
    with hosts.place.blocked(QUESTIONS):
        search = hosts.submit()
        hosts.place.wait_at(QUESTIONS)
        lost.kill_group()
    assert hosts.searched(search, attempts=1) == exact
    assert [one["shards"] for one in hosts.scanned(search)] == [2]
    hosts.answering["b"] = hosts.start("b").wait_ready()


def test_a_searching_worker_that_is_killed_while_it_waits(hosts: Hosts, exact: list[Any]) -> None:
    with hosts.place.blocked(QUESTIONS):
        search = hosts.submit()
        hosts.place.wait_at(QUESTIONS)
        for worker in hosts.answering.values():
            worker.signal(signal.SIGSTOP)
    try:
        # The sweeper waits at the table as well: the search may only just have begun.
        wait_until(lambda: hosts.place.value(ASKED) == 1, CLOSE_SECONDS)
        hosts.searcher().kill_group()
    finally:
        for worker in hosts.answering.values():
            worker.signal(signal.SIGCONT)
    hosts.searcher()
    assert hosts.searched(search, attempts=2) == exact


def test_what_is_erased_is_gone_on_both_hosts_before_the_receipt(
    hosts: Hosts, exact: list[Any]
) -> None:
    place, folders = hosts.place, [hosts.memory / name for name in NAMES]
    wait_until(lambda: all(list(folder.glob("*_*.json")) for folder in folders), 60)
    needles = [vector_pieces(place, image) for _, _, image, _ in exact]
    there = [[folder for folder in folders if files_with(place, one, folder)] for one in needles]
    assert {len(found) for found in there} == {1}, "each picture lies on one host"
    erased = [next(n for n, found in enumerate(there) if found == [folder]) for folder in folders]
    for number in erased:
        erasure = hosts.hand.do("erase", slug=hosts.office.slug, subject=exact[number][1])
        hosts.wait_erased(erasure)
        assert [files_with(place, needles[number], folder) for folder in folders] == [[], []]
    again = hosts.submit()
    place.wait_closed("search", again)
    assert [one["shards"] for one in hosts.scanned(again)] == [2]
    query = "SELECT subject_id::text FROM searches_candidate WHERE search_id = %s ORDER BY rank"
    kept = [(row[1],) for number, row in enumerate(exact) if number not in erased]
    assert place.rows(query, again) == kept
