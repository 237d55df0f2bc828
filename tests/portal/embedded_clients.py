"""Real processes that use an embedded database, for the tests that start, kill and count them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]
import psycopg

from portal.embedded import keeper
from portal.embedded.cluster import SUPERUSER
from portal.embedded.paths import Paths
from portal.embedded.roles import Passwords, url

ROOT = Path(__file__).resolve().parents[2]
CLIENT = """
import sys
from pathlib import Path
from portal.embedded import ensure_running
ensure_running(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


def roomy_folder() -> str | None:
    """Memory rather than disk where there is enough: each test makes and drops a whole server."""
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() and shutil.disk_usage(shm).free > 2**30 else None


class Client:
    """A process that holds a lease until `end`, `kill` or the end of the test."""

    def __init__(self, var: Path, script: str = CLIENT) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(var)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        )

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_ready(self) -> "Client":
        line = self.output.readline()
        assert line == "ready\n", f"the client did not start: {line!r}"
        return self

    def end(self) -> None:
        """Let it end by itself, as a process does that has finished."""
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class World:
    """One data folder, its clients and its server's processes."""

    def __init__(self, var: Path) -> None:
        self.paths = Paths.below(var)
        self.clients: list[Client] = []

    def client(self, script: str = CLIENT) -> Client:
        client = Client(self.paths.var, script)
        self.clients.append(client)
        return client

    def connect(self, database: str = "candor") -> "psycopg.Connection[tuple[object, ...]]":
        """As the superuser and without ensure_running: the tests hold no lease themselves."""
        password = Passwords.load_or_make(self.paths).superuser
        return psycopg.connect(url(self.paths, SUPERUSER, password, database), autocommit=True)

    def value(self, query: str) -> object:
        with self.connect() as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def accepts(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def servers(self) -> list[psutil.Process]:
        """PostgreSQL's processes of this folder."""
        return list(keeper.processes_in(str(self.paths.data)))

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.paths.data / "postmaster.pid").read_text().split()[0]))

    def keepers(self) -> list[psutil.Process]:
        """The keeper at work and its guard, the guard first."""
        found = _running(f'"keeper": "{self.paths.keeper}"')
        return sorted(found, key=lambda process: (process.create_time(), process.pid))

    def users(self) -> list[psutil.Process]:
        """The clients and what they forked."""
        return _running(f" {self.paths.var} ")

    def kill_everything(self) -> None:
        """What a power cut does to the processes: nobody gets to clean up."""
        # The users first: their folder is in use no more, but the keeper has no time to see that.
        for process in [*self.users(), *self.keepers(), *self.servers()]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for client in self.clients:
            client.kill()
        wait_until(lambda: not self.keepers() and not self.servers())


def _running(command: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if command in " ".join([*process.cmdline(), ""]):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.05)
