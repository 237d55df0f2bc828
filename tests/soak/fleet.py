"""A web server, two workers, a broker and a database that are started again when they die.

With Redis, web and workers are told of database and broker by address, as in production, and reach
both through wires that can be cut. With the embedded broker everything is in PostgreSQL, which they
reach by its socket: there is no network to cut.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from portal.embedded.paths import PORT
from portal.embedded.roles import ROLES, Passwords
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation, installation
from tests.searches.pages import Pages
from tests.searches.processes import Redis, free_port
from tests.soak.wire import Wire

RESTART_SECONDS = 1.0
START_SECONDS = 300.0  # of a machine that others use as well
END_SECONDS = 40.0
WORKERS = 2
SETTINGS = {
    "CANDOR_API_PER_MINUTE": "100000",
    "CANDOR_SWEEP_SECONDS": "5",
    "CANDOR_JOB_MAX_ATTEMPTS": "5",
    "CANDOR_IMPORT_PART_MB": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Kept:
    """A process group that somebody starts again a second after it died."""

    def __init__(self, start: "Callable[[], subprocess.Popen[bytes]]") -> None:
        self._start = start
        self.process = start()
        self.died_at: float | None = None
        self.starts = 1

    def tend(self) -> None:
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if self.died_at is None:
            self.died_at = now
            self.signal(signal.SIGKILL)  # a service manager leaves nobody of the group behind
        elif now - self.died_at >= RESTART_SECONDS:
            self.process, self.died_at = self._start(), None
            self.starts += 1

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def children(self) -> list[psutil.Process]:
        """Those that do the work: gunicorn's or Celery's, not their parent."""
        with suppress(psutil.Error):
            found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
            return found
        return []

    def end(self) -> None:
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()


class Fleet:
    def __init__(self, place: Installation, *, embedded_broker: bool) -> None:
        self.place, self.world = place, place.world
        place.environment |= SETTINGS
        self.port = free_port()
        self.redis: Redis | None = None
        self.wires: dict[str, Wire] = {}
        # The server runs for as long as somebody uses it, and processes by address do not.
        self.world.client().wait_ready()
        self.environment = {} if embedded_broker else self._addresses()
        self.kept: list[Kept] = []
        self.error: BaseException | None = None
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def _addresses(self) -> dict[str, str]:
        self.redis = Redis(self.place.var)
        self.redis.start()
        paths = self.world.paths
        self.wires["database"] = Wire(paths.sockets / f".s.PGSQL.{PORT}")
        self.wires["broker"] = Wire(self.redis.port)
        who = f"{ROLES['app']}:{Passwords.load_or_make(paths).app}"
        return {
            "DATABASE_URL": f"postgresql://{who}@127.0.0.1:{self.wires['database'].port}/candor",
            "BROKER_URL": f"redis://127.0.0.1:{self.wires['broker'].port}/0",
        }

    def _start_web(self) -> "subprocess.Popen[bytes]":
        return self.place.start("serve", "--bind", f"127.0.0.1:{self.port}", **self.environment)[0]

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        return self.place.start("work", "--processes", "1", **self.environment)[0]

    @property
    def web(self) -> Kept:
        return self.kept[0]

    @property
    def workers(self) -> list[Kept]:
        return self.kept[1:]

    def _keep(self) -> None:
        try:
            while not self._ending.wait(0.2):
                for one in self.kept:
                    one.tend()
        except BaseException as error:  # told by whoever ends the fleet
            self.error = error

    def open(self) -> "Fleet":
        """Start web and workers, keep them going, and wait until pages come."""
        starts = [self._start_web, *[self._start_worker] * WORKERS]
        self.kept = [Kept(start) for start in starts]
        self._keeper.start()
        pages = Pages(self.port)
        wait_until(pages.answers, START_SECONDS)
        pages.close()
        return self

    def mend(self) -> None:
        """End whatever a fault has left stopped, cut or dead."""
        for wire in self.wires.values():
            wire.mend()
        for one in self.kept:
            one.signal(signal.SIGCONT)
        for process in self.world.servers():
            with suppress(psutil.Error):
                process.resume()
        if self.redis is not None:
            if self.redis.process is None:
                self.redis.start()
            self.redis.signal(signal.SIGCONT)

    def end_processes(self) -> None:
        """Web and workers end as they do when a host is shut down; the database stays."""
        self._ending.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self.mend()
        for one in self.kept:
            one.process.terminate()
        for one in self.kept:
            one.end()

    def close(self) -> None:
        self.end_processes()
        for wire in self.wires.values():
            wire.close()
        if self.redis is not None:
            self.redis.kill()
        for client in self.world.clients:
            client.kill()


@contextmanager
def fleet(models: Path, *, embedded_broker: bool = False) -> Iterator[Fleet]:
    """A fleet in a folder of its own, of which nothing runs afterwards."""
    with installation(models) as place:
        made = Fleet(place, embedded_broker=embedded_broker)
        try:
            yield made
        finally:
            made.close()
