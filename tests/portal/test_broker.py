"""The broker inside the embedded database, with real Celery workers that are killed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from celery import Celery

from tests.portal.embedded_clients import ROOT, World, roomy_folder, wait_until

pytestmark = pytest.mark.processes

APP = """
import os, sys, time
from pathlib import Path
from celery import Celery
from portal.embedded import ensure_running

here = Path(__file__).parent
app = Celery("app")
app.conf.update(
    broker_url=ensure_running(here / "var").broker_url,
    broker_transport="portal.broker:Transport",
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_enable_remote_control=False,
)

@app.task(name="note")
def note(number, sent, seconds):
    line = f"{number} {time.time() - sent:.4f} {os.getppid()}\\n"
    with open(here / "notes", "a") as notes:
        notes.write(line)
    time.sleep(seconds)
"""

FORKING_SENDER = """
import os, time
from app import app
app.send_task("note", [1, time.time(), 0])
if os.fork() == 0:
    app.send_task("note", [2, time.time(), 0])
    os._exit(0)
os.wait()
app.send_task("note", [3, time.time(), 0])
"""


class Office:
    """A database, a Celery app on it, and its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder / "var")
        self.workers: list[subprocess.Popen[bytes]] = []
        (folder / "app.py").write_text(APP)
        self.world.client().wait_ready()
        self.app = Celery(set_as_current=False)
        self.app.conf.update(
            broker_url=self.python("from app import app; print(app.conf.broker_url)").strip(),
            broker_transport="portal.broker:Transport",
        )

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder), str(ROOT)])
        return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def python(self, script: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            text=True,
            env=self.environment(),
        ).stdout

    def worker(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "-A", "app", "worker", "-c", "1", "-l", "INFO"]
        with open(self.folder / "worker.log", "ab") as log:
            started = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env=self.environment()
            )
        self.workers.append(started)
        return started

    def send(self, numbers: range, seconds: float = 0.0) -> None:
        for number in numbers:
            self.app.send_task("note", [number, time.time(), seconds])

    def send_later(self, number: int, seconds: float) -> None:
        self.app.send_task("note", [number, time.time(), 0.0], countdown=seconds)

    def notes(self) -> list[list[str]]:
        """[number, seconds from send to start, worker's pid] of every task that started."""
        path = self.folder / "notes"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def done(self) -> list[int]:
        return sorted(int(number) for number, _, _ in self.notes())

    def is_done(self, numbers: range) -> Callable[[], bool]:
        return lambda: set(numbers) <= set(self.done())

    def waiting(self) -> object:
        return self.world.value("SELECT count(*) FROM broker.message")

    def kill(self, worker: "subprocess.Popen[bytes]") -> None:
        children = psutil.Process(worker.pid).children(recursive=True)
        worker.kill()
        worker.wait()
        for child in children:
            child.kill()
        self.workers.remove(worker)


@pytest.fixture(scope="module")
def shared() -> Iterator[Office]:
    with tempfile.TemporaryDirectory(dir=roomy_folder()) as name:
        made = Office(Path(name))
        yield made
        made.app.close()
        made.world.kill_everything()


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    (shared.folder / "notes").unlink(missing_ok=True)
    yield shared
    for worker in [*shared.workers]:
        shared.kill(worker)
    shared.app.control.purge()


def test_tasks_start_soon_and_leave_nothing_behind(office: Office) -> None:
    office.worker()
    office.send(range(1))
    wait_until(office.is_done(range(1)), seconds=30)
    for number in range(1, 21):
        office.send(range(number, number + 1))
        wait_until(office.is_done(range(number, number + 1)))
    delays = sorted(float(delay) for _, delay, _ in office.notes()[1:])
    print(f"send to start: p50 {delays[10] * 1e3:.0f} ms, max {delays[-1] * 1e3:.0f} ms")
    assert delays[10] < 0.5
    assert office.waiting() == 0


def test_two_workers_share_the_work_without_doing_any_twice(office: Office) -> None:
    office.send(range(60), seconds=0.02)
    office.worker()
    office.worker()
    wait_until(office.is_done(range(60)), seconds=40)
    assert office.done() == [*range(60)]
    assert len({pid for _, _, pid in office.notes()}) == 2
    assert office.waiting() == 0


def test_work_goes_on_after_a_worker_is_killed(office: Office) -> None:
    killed = office.worker()
    office.send(range(1), seconds=60)
    wait_until(office.is_done(range(1)), seconds=30)
    office.kill(killed)
    office.send(range(1, 6))
    office.worker()
    wait_until(office.is_done(range(1, 6)), seconds=30)


def test_a_task_for_later_holds_nobody_up(office: Office) -> None:
    office.worker()
    office.send_later(0, seconds=4)
    office.send(range(1, 9))
    wait_until(office.is_done(range(1, 9)), seconds=30)
    wait_until(office.is_done(range(9)), seconds=30)
    assert [number for number, _, _ in office.notes()][-1] == "0"
    delay = next(float(delay) for number, delay, _ in office.notes() if number == "0")
    assert delay >= 4
    assert office.waiting() == 0


def test_worker_survives_the_death_of_the_database(office: Office) -> None:
    worker = office.worker()
    office.send(range(30), seconds=0.1)
    wait_until(office.is_done(range(3)), seconds=30)
    office.world.postmaster().kill()
    wait_until(office.world.accepts, seconds=20)
    office.send(range(30, 40))
    wait_until(office.is_done(range(40)), seconds=40)
    assert worker.poll() is None
    assert office.waiting() == 0


def test_forked_sender_has_a_connection_of_its_own(office: Office) -> None:
    office.python(FORKING_SENDER)
    assert office.waiting() == 3
    office.worker()
    wait_until(office.is_done(range(1, 4)), seconds=30)
    assert office.done() == [1, 2, 3]
