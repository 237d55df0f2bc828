"""pg_dump and pg_restore: those of the embedded server's wheel, which read any server up to theirs.

The wheel is installed with every Candor, and pg_dump reads older servers than itself, so the same
programs serve the embedded database and a server of PostgreSQL 16 to 18. For a newer server
CANDOR_PG_PROGRAMS names the folder of its own.
"""

import os
import subprocess
from pathlib import Path
from typing import IO

from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.backups.errors import BackupError
from portal.embedded import EmbeddedError
from portal.embedded.cluster import programs


def run(
    program: str,
    arguments: list[str],
    conninfo: str,
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run one of them on a database to its end. Raises BackupError.

    The password goes by the environment: the list of processes is for everybody to read.
    """
    parts = conninfo_to_dict(conninfo)
    password = str(parts.pop("password", "") or "")
    command = [str(_folder() / program), *arguments, "--no-password"]
    done = subprocess.run(
        [*command, f"--dbname={make_conninfo('', **parts)}"],
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password},
    )
    if done.returncode:
        raise _error(program, done.stderr.decode(errors="replace"))


def _folder() -> Path:
    if settings.PG_PROGRAMS:
        return Path(settings.PG_PROGRAMS)
    try:
        return programs()
    except EmbeddedError as error:
        raise BackupError("programs_missing", error.message) from error


def _error(program: str, said: str) -> BackupError:
    if "No space left on device" in said:
        return disk_full()
    if "server version mismatch" in said:
        return BackupError(
            "server_newer",
            f"{program} is older than the server. Set CANDOR_PG_PROGRAMS to the folder of the"
            " server's own programs",
        )
    # Lines of detail and context may hold values of rows, which have no business in a log.
    told = [line for line in said.splitlines() if line.startswith(f"{program}: error:")]
    return BackupError(f"{program}_failed", told[0] if told else "without a word")


def disk_full() -> BackupError:
    return BackupError("disk_full", "No space is left. Make room; what was begun was removed")
