"""Nothing lost: workers, database and broker are killed with real signals in the middle of work.

The middle is made certain, not hoped for: a lock on a table lets the search come just so far.
"""

import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from searches.engines.synthetic.folder import write_folder
from tests.factories import CAPTURE_FIELDS, GROUNDS_FIELDS
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import MAX_ATTEMPTS, Installation
from tests.searches.invariants import assert_sound, stored, stray_files
from tests.searches.office import PASSWORD, Office, open_office
from tests.searches.pages import START_SECONDS, Pages
from tests.searches.processes import Hand, Redis, Worker, free_port

pytestmark = pytest.mark.processes

READING = "searches_template"  # the probe is embedded; its neighbours are about to be read
WRITING = "searches_candidate"  # the row is finished, its candidates are about to be written


@pytest.fixture(scope="module")
def shared(models: Path) -> Iterator[Office]:
    with open_office(models) as made:
        yield made


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    """The office with one worker; afterwards nothing is open, twice, half or lost."""
    shared.worker()
    yield shared
    shared.place.wake_workers()
    assert_sound(shared.place)


@pytest.fixture
def place(office: Office) -> Installation:
    return office.place


# --- The worker -----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [READING, WRITING])
def test_killed_child_of_a_worker(office: Office, place: Installation, table: str) -> None:
    worker = office.worker()
    with place.blocked(table):
        search = office.submit()
        place.wait_at(table)
        worker.kill_children()
        assert place.job("search", search) == ("running", 1, "")
    office.assert_searched(search, attempts=2)
    assert worker.alive


@pytest.mark.parametrize("table", [READING, WRITING])
def test_killed_worker_with_all_its_processes(
    office: Office, place: Installation, table: str
) -> None:
    with place.blocked(table):
        search = office.submit()
        place.wait_at(table)
        office.worker().kill_group()
        assert place.job("search", search) == ("running", 1, "")
    office.worker()
    office.assert_searched(search, attempts=2)


def test_killed_worker_leaves_no_orphans(office: Office, place: Installation) -> None:
    """Only the main process is killed: the child may finish its search, then all of them go."""
    worker = office.worker()
    with place.blocked(WRITING):
        search = office.submit()
        place.wait_at(WRITING)
        worker.kill_main()
    wait_until(lambda: not worker.left())
    office.worker()
    office.assert_searched(search)


def test_stopped_worker_whose_job_was_taken_over(office: Office, place: Installation) -> None:
    stopped = office.worker()
    with place.blocked(READING):
        search = office.submit()
        place.wait_at(READING)
        stopped.signal(signal.SIGSTOP)
        place.cut_off(READING)
    other = place.worker()
    office.assert_searched(search, attempts=2)
    before = place.result(search)
    other.kill_group()
    stopped.signal(signal.SIGCONT)
    office.assert_searched(office.submit())  # by the one that was stopped
    assert place.result(search) == before


def test_late_worker_on_a_new_connection_is_superseded(
    office: Office, place: Installation, tmp_path: Path
) -> None:
    """The claim's token, and not only the lock, keeps a late worker from a second result."""
    late = place.hand()
    office.worker().signal(signal.SIGSTOP)
    search = office.submit()
    late.ask("search_late", slug=office.slug, search=search, flag=str(tmp_path / "go"))
    wait_until(lambda: place.job("search", search)[1] == 1)
    holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    for (pid,) in place.rows(holder):
        place.value("SELECT pg_terminate_backend(%s)", pid)
    office.worker().signal(signal.SIGCONT)
    office.assert_searched(search, attempts=2)
    before = place.result(search)
    (tmp_path / "go").touch()
    assert late.answer() == "ended"
    late.close()
    assert place.result(search) == before


def test_search_that_kills_every_worker_ends_with_a_code(
    office: Office, place: Installation
) -> None:
    with place.blocked(READING):
        search = office.submit()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            place.wait_at(READING)
            assert place.job("search", search) == ("running", attempt, "")
            office.worker().kill_children()
            place.cut_off(READING)
        place.wait_closed("search", search)
    assert place.job("search", search) == ("failed", MAX_ATTEMPTS + 1, "gave_up")


def test_stored_picture_that_is_gone_ends_with_a_code(office: Office, place: Installation) -> None:
    key = place.value("SELECT file_key FROM searches_probe WHERE id = %s", office.probe)
    path = stored(place, key)
    path.rename(path.with_suffix(".away"))
    try:
        search = office.submit()
        place.wait_closed("search", search)
    finally:
        path.with_suffix(".away").rename(path)
    assert place.job("search", search) == ("failed", 1, "file_unreadable")


# --- The database ---------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [READING, WRITING])
def test_killed_database_during_a_search(office: Office, place: Installation, table: str) -> None:
    worker = office.worker()
    with place.blocked(table):
        search = office.submit()
        place.wait_at(table)
        place.world.postmaster().kill()
    # How many attempts that takes is the server's affair: a session may outlive its postmaster
    # for some statements, and the next may come before the new one has settled.
    office.assert_searched(search)
    assert worker.alive
    office.assert_searched(office.submit())


def test_killed_database_while_a_search_waits(office: Office, place: Installation) -> None:
    worker = office.worker()
    worker.signal(signal.SIGSTOP)
    search = office.submit()
    place.world.postmaster().kill()
    worker.signal(signal.SIGCONT)
    office.assert_searched(search)
    assert worker.alive


# --- The broker -----------------------------------------------------------------------------------


def test_lost_messages_of_the_embedded_broker(office: Office, place: Installation) -> None:
    worker = office.worker()
    worker.signal(signal.SIGSTOP)
    search = office.submit()
    assert place.rows("DELETE FROM broker.message RETURNING id")
    worker.signal(signal.SIGCONT)
    office.assert_searched(search, attempts=1)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


class RedisOffice:
    """The office with its bells in a real Redis."""

    def __init__(self, office: Office, broker: Redis) -> None:
        self.office, self.broker = office, broker
        self.hand: Hand = office.place.hand(broker=broker.url)

    def worker(self) -> Worker:
        return self.office.worker(self.broker.url)

    def submit(self) -> str:
        """A search is queued within a few seconds, whatever the broker does."""
        started = time.monotonic()
        search = self.office.submit(self.hand)
        assert time.monotonic() - started < 5
        return search


@pytest.fixture(scope="module")
def redis_office(shared: Office, redis: Redis) -> RedisOffice:
    return RedisOffice(shared, redis)


@pytest.fixture
def with_redis(redis_office: RedisOffice) -> Iterator[RedisOffice]:
    redis_office.worker()
    yield redis_office
    redis_office.office.place.wake_workers()
    assert_sound(redis_office.office.place)


def test_search_submitted_while_redis_is_away(with_redis: RedisOffice) -> None:
    worker = with_redis.worker()
    with_redis.broker.kill()
    searches = [with_redis.submit(), with_redis.submit()]
    assert [with_redis.office.place.job("search", s)[0] for s in searches] == ["queued", "queued"]
    with_redis.broker.start()
    for search in searches:
        with_redis.office.assert_searched(search, attempts=1)
    assert worker.alive


def test_killed_redis_that_comes_back_empty(with_redis: RedisOffice) -> None:
    worker = with_redis.worker()
    worker.signal(signal.SIGSTOP)
    # One message may be on its way to the stopped worker already.
    searches = [with_redis.submit(), with_redis.submit()]
    assert with_redis.broker.ask("LLEN", "candor") >= 1
    with_redis.broker.kill()
    with_redis.broker.start()
    assert with_redis.broker.ask("LLEN", "candor") == 0
    worker.signal(signal.SIGCONT)
    for search in searches:
        with_redis.office.assert_searched(search, attempts=1)
    assert worker.alive


def test_search_submitted_while_redis_hangs(with_redis: RedisOffice) -> None:
    with_redis.submit()  # the connection is there
    with_redis.broker.signal(signal.SIGSTOP)
    searches = [with_redis.submit(), with_redis.submit()]  # each gives the bell up after 3 s
    with_redis.broker.signal(signal.SIGCONT)
    for search in searches:
        with_redis.office.assert_searched(search)


def test_probe_uploaded_while_redis_refuses_writes(with_redis: RedisOffice) -> None:
    """The bell fails after the commit: the upload stands, and its file with it."""
    with_redis.office.place.end_workers()  # Celery's worker ends itself in such a case
    with_redis.broker.ask("CONFIG", "SET", "min-replicas-to-write", "1")
    probe = with_redis.office.upload(with_redis.hand)
    with_redis.broker.ask("CONFIG", "SET", "min-replicas-to-write", "0")
    with_redis.worker()
    with_redis.office.place.wait_closed("probe", probe)
    assert with_redis.office.place.job("probe", probe)[0] == "done"


# --- The double click -----------------------------------------------------------------------------

CLICKS = 20


def test_search_submitted_twenty_times_at_once(office: Office, place: Installation) -> None:
    """Two processes with ten threads each send the same form."""
    hands = [office.hand, place.hand()]
    values = office.search_values()
    for hand in hands:
        hand.ask("at_once", times=CLICKS // 2, what="submit", **values)
    searches = {search for hand in hands for search in hand.answer()}
    hands[1].close()
    assert len(searches) == 1
    office.assert_searched(searches.pop(), attempts=1)
    assert (
        place.value(
            "SELECT count(*) FROM searches_search WHERE submission_key = %s::uuid", values["key"]
        )
        == 1
    )


@pytest.mark.parametrize("what", ["upload", "enrol"])
def test_picture_handed_in_twenty_times_at_once(
    office: Office, place: Installation, tmp_path: Path, what: str
) -> None:
    write_folder(tmp_path, people=1, pictures=1, first_seed=70, size=320)
    values = {"slug": office.slug, "path": str(tmp_path / "P-0070" / "01.jpg")}
    values |= {"key": str(uuid.uuid4())}
    more = {"upload": {"case": office.case}, "enrol": {"reference": "P-70"}}[what]
    if what == "enrol":
        more |= {"gallery": office.hand.do("gallery", slug=office.slug, name="Double")}
    hands = [office.hand, place.hand()]
    for hand in hands:
        hand.ask("at_once", times=CLICKS // 2, what=what, **values, **more)
    made = {job for hand in hands for job in hand.answer()}
    hands[1].close()
    assert len(made) == 1
    kind = {"upload": "probe", "enrol": "enrolment"}[what]
    job = made.pop()
    place.wait_closed(kind, job)
    assert place.job(kind, job) == ("done", 1, "")
    assert stray_files(place) == []


@pytest.fixture(scope="module")
def pages(shared: Office) -> Iterator[Pages]:
    """The portal's pages, with Ana logged in."""
    port = free_port()
    server, log = shared.place.start("serve", "--bind", f"127.0.0.1:{port}")
    opened = Pages(port)
    try:
        wait_until(lambda: opened.answers() or server.poll() is not None, START_SECONDS)
        assert server.poll() is None, log.read_text()
        opened.log_in(shared.email, PASSWORD)
        yield opened
    finally:
        opened.close()
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize("times", [2, CLICKS])
def test_double_click_on_search(
    office: Office, place: Installation, pages: Pages, times: int
) -> None:
    path = f"/probes/{office.probe}/"
    form = pages.form(path) | {"face": "0", "galleries": office.gallery, "limit": "20"}
    form |= {"purpose": "missing_person", **GROUNDS_FIELDS}
    answers = pages.post_at_once(times, path, form)
    assert {answer.status for answer in answers} == {302}
    targets = {answer.target for answer in answers}
    assert len(targets) == 1
    search = targets.pop().strip("/").rpartition("/")[2]
    office.assert_searched(search, attempts=1)
    assert (
        place.value(
            "SELECT count(*) FROM searches_search WHERE submission_key = %s::uuid",
            form["submission_key"],
        )
        == 1
    )


def test_double_click_on_upload(office: Office, place: Installation, pages: Pages) -> None:
    path = f"/cases/{office.case}/probe/"
    form = pages.form(path) | CAPTURE_FIELDS
    answers = pages.post_at_once(2, path, form, office.picture)
    assert {answer.status for answer in answers} == {302}
    targets = {answer.target for answer in answers}
    assert len(targets) == 1
    probe = targets.pop().strip("/").rpartition("/")[2]
    place.wait_closed("probe", probe)
    assert place.job("probe", probe) == ("done", 1, "")
    assert (
        place.value(
            "SELECT count(*) FROM searches_probe WHERE submission_key = %s::uuid",
            form["submission_key"],
        )
        == 1
    )
