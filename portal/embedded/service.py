"""`ensure_running`: hold a lease, see that a keeper lives, wait for the server, prepare it."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from portal.embedded import cluster, keeper, roles
from portal.embedded.account import Account, open_the_way, server_account
from portal.embedded.errors import EmbeddedError
from portal.embedded.paths import PORT, Paths

START_SECONDS = 20.0
STOP_SECONDS = 60.0  # more than the keeper takes at worst
RECOVERY_SECONDS = 900.0  # of the write-ahead log after a hard stop

# Descriptors kept open until the process ends. Forked children share the lock, so it lasts as long
# as any of them; programs started by exec do not inherit it.
_leases: dict[Path, int] = {}
_found: dict[tuple[Path, str], "EmbeddedDatabase"] = {}


@dataclass(frozen=True, slots=True)
class EmbeddedDatabase:
    """Where to connect: postgresql:// URLs with the socket folder as `host`."""

    # They hold passwords, which have no business in logs and tracebacks.
    app_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    superuser_url: str = field(repr=False)


def ensure_running(var: Path, *, database: str = "candor") -> EmbeddedDatabase:
    """Start the embedded server below `var` unless it runs, and prepare `database` in it.

    Any number of processes may call it at once and again, also after a connection error. The
    server runs until the last of them has ended, however it ended. Raises EmbeddedError with what
    to do when the machine lacks something.
    """
    var.mkdir(parents=True, exist_ok=True)
    paths = Paths.below(var)
    known = _found.get((paths.lease, database))
    try:
        _hold_lease(paths)
        if known and _is_locked(paths.keeper) and _answers(known.owner_url):
            return known  # without waiting for other processes: Django asks at every connection
        with _locked(paths.setup) as lock:
            return _ensure_running(paths, database, lock)
    except PermissionError as error:
        raise EmbeddedError(
            "embedded_no_permission",
            f"{error.filename} cannot be written ({error.strerror}). Run Candor as the user who "
            f"owns {paths.var}, or choose another data folder.",
        ) from error


def _ensure_running(paths: Paths, database: str, lock: int) -> EmbeddedDatabase:
    account = server_account(paths.data)
    open_the_way(account, [paths.data, paths.sockets, cluster.programs()])
    passwords = roles.Passwords.load_or_make(paths)
    if not paths.data.exists():
        cluster.create(paths, account, passwords.superuser, lock)
    found = EmbeddedDatabase(
        app_url=roles.url(paths, roles.ROLES["app"], passwords.app, database),
        owner_url=roles.url(paths, roles.ROLES["owner"], passwords.owner, database),
        broker_url=roles.url(paths, roles.ROLES["broker"], passwords.broker, database),
        superuser_url=roles.url(paths, cluster.SUPERUSER, passwords.superuser, "postgres"),
    )
    # Also when the server runs already: its keeper may have been killed.
    _ensure_keeper(paths, account)
    if not _wait_until_ready(paths, account, found.owner_url):
        # template1 too: what candor_owner creates later (test databases) is a copy of it.
        for name in ("template1", database):
            _prepare(found.superuser_url, name, passwords)
    _found[paths.lease, database] = found
    return found


def _answers(owner_url: str) -> bool:
    with suppress(psycopg.OperationalError):
        return roles.is_prepared(owner_url)
    return False


def _prepare(superuser_url: str, name: str, passwords: roles.Passwords) -> None:
    try:
        roles.prepare_database(superuser_url, name, passwords)
    except psycopg.Error as error:
        raise EmbeddedError(
            "embedded_not_prepared",
            f"The database {name} could not be prepared: {error}. If a password is refused, put "
            "back the postgres.json that belongs to this data folder.",
        ) from error


def _wait_until_ready(paths: Paths, account: Account, owner_url: str) -> bool:
    """Wait for the server; True if the database is prepared already."""
    started = time.monotonic()
    while True:
        try:
            return roles.is_prepared(owner_url)
        except psycopg.OperationalError as error:
            waited = time.monotonic() - started
            recovering = "starting up" in str(error) or "recovery" in str(error)
            if waited > (RECOVERY_SECONDS if recovering else START_SECONDS):
                raise EmbeddedError(
                    "embedded_not_started",
                    f"PostgreSQL did not start: {error}. The end of {paths.log}:\n"
                    + _last_lines(paths.log),
                ) from error
        _ensure_keeper(paths, account)
        time.sleep(0.05)


def _ensure_keeper(paths: Paths, account: Account) -> None:
    if _is_locked(paths.keeper):
        return
    folder = cluster.programs()
    cluster.check_runs(folder, account)
    cluster.make_socket_folder(paths, account)
    job = keeper.Job(
        postgres=str(folder / "postgres"),
        data=str(paths.data),
        sockets=str(paths.sockets),
        log=str(paths.log),
        lease=str(paths.lease),
        keeper=str(paths.keeper),
        port=PORT,
        uid=account.uid,
        gid=account.gid,
        settings=cluster.SETTINGS,
    )
    # A script, not a module: the keeper must not load portal, whose settings would call us again.
    command = [sys.executable, "-P", keeper.__file__, json.dumps(asdict(job))]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/"
    )
    if done.returncode:
        raise EmbeddedError(
            "embedded_keeper_failed",
            f"The process that looks after PostgreSQL did not start: {done.stderr.strip()}",
        )


def _hold_lease(paths: Paths) -> None:
    if paths.lease not in _leases:
        lease = _open(paths.lease)
        try:
            # While the keeper stops an unused server, it keeps newcomers out.
            _lock(lease, fcntl.LOCK_SH, paths.lease, STOP_SECONDS)
        except BaseException:
            os.close(lease)
            raise
        _leases[paths.lease] = lease


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        _lock(descriptor, fcntl.LOCK_EX, path, RECOVERY_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open a lock file that no other user can lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _lock(descriptor: int, how: int, path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    "embedded_busy",
                    f"Another process has been holding {path} for {seconds:.0f} s. "
                    "Look for a hanging Candor process.",
                ) from None
            time.sleep(0.02)
        else:
            return


def _is_locked(path: Path) -> bool:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _last_lines(path: Path, count: int = 15) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join(lines[-count:])
