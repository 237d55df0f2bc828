"""The keeper: a small process that runs PostgreSQL for as long as somebody holds a lease.

It starts the server, starts it again when it dies, and stops it when the last lease is gone, be it
by a normal exit or by kill -9 (the kernel drops locks either way). It runs as a script in its own
session, knows nothing of Candor and needs only psutil: `python -P keeper.py '<json of Job>'`.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

TICK_SECONDS = 0.25
RESTART_SECONDS = 0.5
STOP_SECONDS = 30.0
LOG_BYTES = 10 * 2**20


@dataclass(frozen=True, slots=True)
class Job:
    """What the keeper is told; paths are absolute and free of symbolic links."""

    postgres: str
    data: str
    sockets: str
    log: str
    lease: str
    keeper: str
    port: int
    uid: int | None
    gid: int | None
    settings: dict[str, str]


def main(text: str) -> int:
    job = Job(**json.loads(text))
    os.umask(0o077)
    if os.fork():  # reparented, so that no client has a child it must wait for
        return 0
    os.setsid()
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A service manager signals everybody at once: the server must outlive its last user.
        signal.signal(number, signal.SIG_IGN)
    with open(job.keeper, "a") as keeper, open(job.log, "ab") as log:
        if not lock_exclusively(keeper):
            return 0
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
        guard(job, log)
    return 0


def guard(job: Job, log: IO[bytes]) -> None:
    """Keep in a child, and again if that is killed or fails (a full disk); either can go on alone.

    Both hold the keeper's lock, which they share through the fork.
    """
    while Path(job.data).exists():
        pid = os.fork()
        if pid == 0:
            keep(job, log)
            os._exit(0)
        if os.waitpid(pid, 0)[1] == 0:
            return
        time.sleep(RESTART_SECONDS)


def keep(job: Job, log: IO[bytes]) -> None:
    with open(job.lease, "a") as lease:
        server = running_server(job)
        while not lock_exclusively(lease):
            if server is None:
                server = start(job, log)
            cap(log, Path(job.log))
            with suppress(psutil.TimeoutExpired):
                server.wait(TICK_SECONDS)
                server = None  # it is dead
                time.sleep(RESTART_SECONDS)
        if server is not None:
            stop(server)


def lock_exclusively(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start(job: Job, log: IO[bytes]) -> psutil.Process:
    """Start PostgreSQL on what a crash may have left.

    PostgreSQL refuses to start if the pid in one of its lock files is alive, whoever that is now,
    and while a backend of the dead server still runs; both are settled here. No server of this
    folder can be running: the caller holds the keeper's lock and found none.
    """
    for orphan in processes_in(job.data):
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    (Path(job.data) / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{job.port}", f".s.PGSQL.{job.port}.lock"):
        (Path(job.sockets) / name).unlink(missing_ok=True)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{job.sockets}"',
        "port": str(job.port),
        **job.settings,
    }
    command = [job.postgres, "-D", job.data]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return psutil.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=job.data,
        # PG... variables of whoever came first must not decide how the shared server runs.
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        user=job.uid,
        group=job.gid,
        extra_groups=None if job.uid is None else [],
        start_new_session=True,
    )


def stop(server: psutil.Process) -> None:
    """Fast shutdown (a checkpoint, no waiting for clients); harder if that takes too long."""
    for number, seconds in (
        (signal.SIGINT, STOP_SECONDS),
        (signal.SIGQUIT, 5),
        (signal.SIGKILL, 5),
    ):
        try:
            server.send_signal(number)
            server.wait(seconds)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


def running_server(job: Job) -> psutil.Process | None:
    """The postmaster a killed keeper left behind, if it is alive.

    The pid in postmaster.pid may belong to another program by now, so it counts only if that
    process is PostgreSQL working in this very folder.
    """
    try:
        pid = int((Path(job.data) / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return next((process for process in processes_in(job.data) if process.pid == pid), None)


def processes_in(data: str) -> Iterator[psutil.Process]:
    """PostgreSQL's processes that work in the folder `data`."""
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd() == data:
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def cap(log: IO[bytes], path: Path) -> None:
    """Keep the log under twice LOG_BYTES; PostgreSQL goes on writing to the same open file."""
    if os.fstat(log.fileno()).st_size > LOG_BYTES:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        os.ftruncate(log.fileno(), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
