"""The passphrase of a file of keys: from a file, or asked for."""

from getpass import getpass
from pathlib import Path

from portal.backups.errors import BackupError


def read_passphrase(file: Path | None, *, twice: bool = False) -> str:
    """The first line of the file, or what somebody types. Raises BackupError."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, IndexError) as error:
            raise BackupError("passphrase_unreadable", f"{file} has no passphrase") from error
    passphrase = getpass("Passphrase of the keys: ")
    if twice and getpass("The same again: ") != passphrase:
        raise BackupError("passphrase_differs", "The two are not the same")
    return passphrase
