"""Where the embedded database keeps its things below the data folder (`var`)."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # names the socket file only: the server never listens on TCP
SOCKET = f".s.PGSQL.{PORT}"
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
SOCKET_PATH_BYTES = 103


@dataclass(frozen=True, slots=True)
class Paths:
    """Every path of one embedded database; all below `var` but a socket folder with a long path."""

    var: Path

    @classmethod
    def below(cls, var: Path) -> "Paths":
        """`var` without symbolic links, so that all processes agree on one spelling."""
        return cls(var.resolve())

    @property
    def data(self) -> Path:
        return self.var / "postgres"

    @property
    def unfinished(self) -> Path:
        """Where initdb works; renamed to `data` when complete, so a killed one leaves no half."""
        return self.var / "postgres.new"

    @property
    def log(self) -> Path:
        return self.var / "postgres.log"

    @property
    def secrets(self) -> Path:
        return self.var / "postgres.json"

    @property
    def lease(self) -> Path:
        """Every process using the server holds a shared lock on it; the keeper watches that."""
        return self.var / "postgres.lease"

    @property
    def keeper(self) -> Path:
        """The one keeper holds an exclusive lock on it."""
        return self.var / "postgres.keeper"

    @property
    def setup(self) -> Path:
        """Held by the one process that is setting up, so that others wait for it."""
        return self.var / "postgres.setup"

    @property
    def initial_password(self) -> Path:
        """Read by initdb, then deleted. Not in a temporary folder: its user must reach it."""
        return self.var / "postgres.password"

    @property
    def sockets(self) -> Path:
        """The socket folder: in `var`, or below the temporary folder if the path is too long."""
        beside = self.var / "postgres.run"
        if len(os.fsencode(beside / SOCKET)) <= SOCKET_PATH_BYTES:
            return beside
        digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:16]
        # Not gettempdir(): TMPDIR may differ between processes, or be long itself.
        return Path(f"/tmp/candor-{digest}")  # noqa: S108


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read at any moment, and have it on disk on return."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
