"""A server that archives its log as docs/backups.md says, and one brought back from it."""

import json
import os
import shutil
import signal
import subprocess
from hashlib import sha256
from pathlib import Path

from portal.embedded.account import Account, open_the_way, server_account
from portal.embedded.cluster import programs
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation


class Archive:
    """The log of an installation's server from now on, and a base backup of it."""

    def __init__(self, place: Installation, folder: Path) -> None:
        self._place, self._account = place, server_account(place.world.paths.data)
        self.folder, self._base = folder / "archive", folder / "base"
        self.moment = ""
        for made in (folder, self.folder):
            made.mkdir()
            self._account.own(made)
        open_the_way(self._account, [self.folder])
        command = f"test ! -f {self.folder}/%f && cp %p {self.folder}/%f"
        with place.connect() as superuser:
            superuser.execute("ALTER SYSTEM SET archive_mode = 'on'")
            superuser.execute(f"ALTER SYSTEM SET archive_command = '{command}'".encode())
        place.world.postmaster().send_signal(signal.SIGINT)  # its keeper starts it again
        wait_until(lambda: place.world.accepts() and self._archives(), 30)

    def _archives(self) -> bool:
        return bool(self._place.value("SHOW archive_mode") == "on")

    def back_up(self) -> None:
        paths = self._place.world.paths
        settings = {"host": str(paths.sockets), "user": "postgres"}
        with self._place.connect() as superuser:
            password = str(superuser.info.password)
        run(
            self._account,
            "pg_basebackup",
            *(f"--{name}={value}" for name, value in settings.items()),
            f"--pgdata={self._base}",
            *("--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256"),
            password=password,
        )
        self._verify()

    def _verify(self) -> None:
        """What pg_verifybackup does; that of the embedded server's wheel does not run."""
        for file in json.loads((self._base / "backup_manifest").read_text())["Files"]:
            data = (self._base / file["Path"]).read_bytes()
            assert sha256(data).hexdigest() == file["Checksum"], file["Path"]

    def mark(self) -> None:
        """Remember this moment."""
        self.moment = str(self._place.value("SELECT clock_timestamp()"))

    def close(self) -> None:
        """See that all of the log until now is in the archive."""
        last = self._place.value("SELECT pg_walfile_name(pg_switch_wal())")
        wait_until(lambda: (self.folder / str(last)).exists(), 30)

    def bring_back(self, place: Installation) -> None:
        """The server of `place` is this one as it was at the remembered moment, and closed."""
        paths = place.world.paths
        shutil.copytree(self._base, paths.data)
        with (paths.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"archive_mode = 'off'\nrestore_command = 'cp {self.folder}/%f %p'\n")
            settings.write(f"recovery_target_time = '{self.moment}'\n")
            settings.write("recovery_target_action = 'promote'\n")
        (paths.data / "recovery.signal").touch()
        for path in (paths.data, *paths.data.rglob("*")):
            self._account.own(path)
        shutil.copy2(self._place.world.paths.secrets, paths.secrets)
        for name in ("keys", "files"):
            shutil.copytree(self._place.var / name, place.var / name)


def run(account: Account, program: str, *arguments: str, password: str = "") -> None:
    """Run one of PostgreSQL's programs as the server's user."""
    subprocess.run(
        [programs() / program, *arguments],
        check=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password},
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )
