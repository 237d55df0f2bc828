"""The queue as it is meant to run: several agencies, real workers, any broker."""

import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
import pytest

from searches.engines.synthetic.folder import write_folder
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation
from tests.searches.invariants import assert_sound, stray_files
from tests.searches.office import PASSWORD, PEOPLE, Office, open_office
from tests.searches.processes import Hand, Redis
from tests.searches.rabbitmq import RabbitMQ

pytestmark = pytest.mark.processes

AGENCIES = ("birch", "cedar", "dogwood")
ENROLLED = 4
BELLS = 50


@pytest.fixture(scope="module")
def shared(models: Path) -> Iterator[Office]:
    with open_office(models) as made:
        yield made


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    shared.worker()
    yield shared
    shared.place.wake_workers()
    assert_sound(shared.place)


@pytest.fixture
def place(office: Office) -> Installation:
    return office.place


@pytest.fixture(params=["embedded", "redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a broker: none for the embedded one, or that of a fresh server."""
    if request.param == "embedded":
        yield ""
        return
    server = Redis(tmp_path) if request.param == "redis" else RabbitMQ(tmp_path)
    try:
        server.start()
        yield server.url
    finally:
        server.kill()


@dataclass
class Desk:
    """One agency's part of the test."""

    slug: str
    case: str
    gallery: str


def _desks(place: Installation, hand: Hand, run: str) -> list[Desk]:
    desks = []
    for name in AGENCIES:
        slug = f"{name}-{run}"
        hand.do("found", slug=slug, email=f"ana@{slug}.example", password=PASSWORD)
        case = hand.do("case", slug=slug, number="1")
        desks.append(Desk(slug, case, hand.do("gallery", slug=slug, name="Register")))
    return desks


def _closed(place: Installation, kind: str, jobs: list[str]) -> None:
    for job in jobs:
        place.wait_closed(kind, job)
        assert place.job(kind, job) == ("done", 1, "")


def test_several_agencies_at_once(
    office: Office, place: Installation, broker: str, tmp_path: Path
) -> None:
    """Everybody enrols the same people under references of their own and finds only those.

    Two workers of one host do it.
    """
    place.end_workers()
    for _ in range(2):
        place.worker(broker=broker)
    hand = place.hand(broker=broker)
    desks = _desks(place, hand, urlsplit(broker).scheme or "embedded")
    pictures = tmp_path / "people"
    write_folder(pictures, people=ENROLLED, pictures=2, size=320)
    values = [
        {"reference": f"{desk.slug}-{n}", "path": str(pictures / f"P-{n:04d}" / "01.jpg")}
        | {"slug": desk.slug, "gallery": desk.gallery, "key": str(uuid.uuid4())}
        for n in range(1, ENROLLED + 1)
        for desk in desks
    ]
    _closed(place, "enrolment", [hand.do("enrol", **value) for value in values])
    wanted = {desk.slug: number for number, desk in enumerate(desks, start=1)}
    probes = [
        hand.do(
            "upload",
            slug=desk.slug,
            case=desk.case,
            path=str(pictures / f"P-{wanted[desk.slug]:04d}" / "02.jpg"),
            key=str(uuid.uuid4()),
        )
        for desk in desks
    ]
    _closed(place, "probe", probes)
    searches = [
        hand.do("submit", slug=desk.slug, probe=probe, gallery=desk.gallery, key=str(uuid.uuid4()))
        for desk, probe in zip(desks, probes, strict=True)
    ]
    _closed(place, "search", searches)
    for desk, search in zip(desks, searches, strict=True):
        found = place.rows(
            "SELECT subject_id::text FROM searches_candidate WHERE search_id = %s ORDER BY rank",
            search,
        )
        known = hand.do("references", slug=desk.slug)
        assert known[found[0][0]] == f"{desk.slug}-{wanted[desk.slug]}"
        assert sorted(known[pk] for (pk,) in found) == [
            f"{desk.slug}-{n}" for n in range(1, ENROLLED + 1)
        ]
    hand.close()


def test_bell_for_a_done_search_does_nothing(office: Office, place: Installation) -> None:
    search = office.submit()
    office.assert_searched(search, attempts=1)
    before = place.result(search)
    office.hand.do("ring", slug=office.slug, search=search, times=BELLS)
    office.assert_searched(office.submit())  # behind those in the same queue
    assert place.result(search) == before


def test_fifty_bells_for_one_search(office: Office, place: Installation) -> None:
    """Two processes hear them all while the search runs; one of them does it, once."""
    office.worker().kill_group()
    worker = place.worker(processes=2)
    with place.blocked("searches_template"):
        search = office.submit()
        office.hand.do("ring", slug=office.slug, search=search, times=BELLS)
        place.wait_at("searches_template")
        wait_until(lambda: place.value("SELECT count(*) FROM broker.message") < 2, 20)
        assert len(place.waiting_at("searches_template")) == 1
    office.assert_searched(search, attempts=1)
    worker.kill_group()


def test_worker_finishes_its_search_when_told_to_stop(office: Office, place: Installation) -> None:
    worker = office.worker()
    with place.blocked("searches_template"):
        search = office.submit()
        place.wait_at("searches_template")
        worker.members()
        worker.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert worker.alive
        assert place.job("search", search) == ("running", 1, "")
    office.assert_searched(search, attempts=1)
    assert worker.process.wait(20) == 0
    assert worker.left() == []


def test_idle_worker_stops_at_once(office: Office) -> None:
    worker = office.worker()
    worker.members()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(60) == 0  # one that waits for its next job takes CANDOR_JOB_SECONDS
    assert worker.left() == []


# --- Bulk enrolment -------------------------------------------------------------------------------

IN_GALLERY = """
SELECT s.reference_mark, i.sha256, i.face, count(t.*) FROM searches_faceimage i
JOIN searches_subject s ON s.id = i.subject_id JOIN searches_gallery g ON g.id = i.gallery_id
LEFT JOIN searches_template t ON t.image_id = i.id
WHERE g.name = %s GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


def test_killed_enrolment_goes_on_where_it_stopped(office: Office, place: Installation) -> None:
    """Killed and run again, it has made the gallery that an undisturbed run has made."""
    started, _ = place.start(*office.enroll_command("Killed", office.people))
    wait_until(lambda: len(place.rows(IN_GALLERY, "Killed")) >= 2, 60)
    measuring = psutil.Process(started.pid).children(recursive=True)
    assert measuring
    started.kill()  # its measuring processes have to notice by themselves
    started.wait()
    assert psutil.wait_procs(measuring, timeout=20)[1] == []
    there = len(place.rows(IN_GALLERY, "Killed"))
    assert 2 <= there < PEOPLE
    again = office.enroll("Killed", office.people)
    assert (again["already_enrolled"], again["enrolled"]) == (there, PEOPLE - there)
    assert office.enroll("Killed", office.people)["already_enrolled"] == PEOPLE
    assert place.rows(IN_GALLERY, "Killed") == place.rows(IN_GALLERY, "Custody")
    assert len(stray_files(place)) <= 2  # the picture and the portrait being written at the kill
