"""A whole installation of Candor in a folder of its own, run as real processes."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from tests.portal.embedded_clients import ROOT, World, roomy_folder, wait_until
from tests.searches.processes import Hand, Worker

MAX_ATTEMPTS = 3
CLOSE_SECONDS = 40.0
MANAGE_SECONDS = 600.0  # of a machine that others use as well


class Installation:
    """A folder that is a working portal; rows are looked at as the superuser."""

    def __init__(self, var: Path, models: Path) -> None:
        self.var = var
        self.world = World(var)
        self.environment = {
            "PATH": os.environ["PATH"],
            "CANDOR_WORKER_NICENESS": "0",  # two halves of the tests keep the machine busy
            "HOME": str(var),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CANDOR_VAR": str(var),
            "CANDOR_MODELS": str(models),
            "CANDOR_SWEEP_SECONDS": "1",
            # Drawn people resemble each other more than the published threshold.
            "CANDOR_DUPLICATE_CHECK": "off",
            "CANDOR_JOB_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
        }
        (var / "log").mkdir(parents=True, exist_ok=True)
        self.workers: list[Worker] = []
        self.hands: list[Hand] = []

    # --- Processes ------------------------------------------------------------------------------

    def start(self, *command: str, **environment: str) -> tuple["subprocess.Popen[bytes]", Path]:
        """A management command in a process group of its own, and its log."""
        log = self.var / "log" / f"{command[0]}-{uuid.uuid4().hex[:6]}.log"
        with log.open("wb") as out:
            started = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.var,  # wherever it is started from
                env=self.environment | environment,
                start_new_session=True,
            )
        return started, log

    def manage(self, *command: str) -> str:
        """A management command from beginning to end; its output."""
        started, log = self.start(*command)
        assert started.wait(MANAGE_SECONDS) == 0, log.read_text()
        return log.read_text()

    def worker(self, *, processes: int = 1, broker: str = "") -> Worker:
        started, log = self.start("work", "--processes", str(processes), BROKER_URL=broker)
        worker = Worker(started, log, broker)
        self.workers.append(worker)
        return worker.wait_ready()

    def wake_workers(self) -> None:
        """Let those go on that a failed test left stopped."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.signal(signal.SIGCONT)

    def end_workers(self) -> None:
        for worker in self.workers:
            worker.kill_group()
        self.workers.clear()

    def hand(self, *, broker: str = "") -> Hand:
        with (self.var / "log" / "hands.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.searches.hand"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=self.environment | {"BROKER_URL": broker},
                text=True,
            )
        hand = Hand(process)
        self.hands.append(hand)
        return hand

    def processes(self) -> list[psutil.Process]:
        """Everything that runs in this installation's environment, but for the database."""
        mine = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("CANDOR_VAR") == str(self.var):
                    mine.append(process)
        keepers = self.world.keepers()
        return [process for process in mine if process not in keepers]

    def close(self) -> None:
        """End what the tests use; whatever runs after that was left behind."""
        for hand in self.hands:
            hand.close()
        self.wake_workers()
        for worker in self.workers:
            worker.process.terminate()
        for worker in self.workers:
            worker.process.wait(30)
        try:
            wait_until(lambda: not self.processes(), 10)
            wait_until(lambda: not self.world.keepers() and not self.world.servers(), 10)
        finally:
            for process in self.processes():
                process.kill()
            self.world.kill_everything()

    # --- Rows -----------------------------------------------------------------------------------

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return self.world.connect("candor")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    @contextmanager
    def blocked(self, table: str) -> Iterator[None]:
        """Whoever touches the table waits until the end of the block (or of the database)."""
        connection = self.connect()
        try:
            connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            yield
        finally:
            connection.close()

    def waiting_at(self, table: str) -> list[int]:
        """Sessions that wait for the table."""
        query = "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
        return [pid for (pid,) in self.rows(query, table)]

    def wait_at(self, table: str) -> None:
        wait_until(lambda: bool(self.waiting_at(table)), CLOSE_SECONDS)

    def cut_off(self, table: str) -> None:
        """End the sessions that wait for the table; the next that wait are others."""
        ended = self.waiting_at(table)
        for pid in ended:
            self.value("SELECT pg_terminate_backend(%s)", pid)
        wait_until(lambda: not set(ended) & set(self.waiting_at(table)))

    def job(self, kind: str, pk: str) -> tuple[str, int, str]:
        """State, attempts and failure code of a search, probe or enrolment."""
        query = f"SELECT state, attempts, failure_code FROM searches_{kind} WHERE id = %s"
        state, attempts, code = self.rows(query, pk)[0]
        return state, attempts, code

    def wait_closed(self, kind: str, pk: str, seconds: float = CLOSE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):  # while the database is away
                if self.job(kind, pk)[0] in ("done", "failed"):
                    return
            time.sleep(0.05)
        logs = "\n".join(f"{w.log}\n{w.log.read_text()[-6000:]}" for w in self.workers)
        raise AssertionError(f"{kind} {pk} is {self.job(kind, pk)}\n{logs}")

    def result(self, search: str) -> list[Any]:
        """Everything that a search has brought about."""
        queries = (
            "SELECT to_jsonb(s) - 'rung_at' FROM searches_search s WHERE id = %s",
            "SELECT to_jsonb(c) FROM searches_candidate c WHERE search_id = %s ORDER BY rank",
            "SELECT to_jsonb(a) FROM audit_auditentry a WHERE subject_id = %s::text ORDER BY id",
        )
        return [self.rows(query, search) for query in queries]


@cache
def _migrated(models: Path) -> Path:
    """The folder of an installation without anything in it, which the others are copied from."""
    folder = Path(tempfile.mkdtemp(dir=roomy_folder()))
    atexit.register(shutil.rmtree, folder)
    made = Installation(folder / "var", models)
    try:
        made.manage("migrate", "--verbosity", "0")
    finally:
        made.close()
    return folder / "var"


@contextmanager
def installation(models: Path) -> Iterator[Installation]:
    """An installation for as long as the block lasts; nothing of it runs afterwards."""
    with tempfile.TemporaryDirectory(dir=roomy_folder()) as name:
        # With its owners: the server's files belong to a user of its own where root runs the tests.
        subprocess.run(["cp", "-a", _migrated(models), name], check=True)
        made = Installation(Path(name) / "var", models)
        try:
            yield made
        finally:
            made.close()
