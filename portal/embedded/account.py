"""The system user that PostgreSQL runs as.

PostgreSQL refuses to run as root, so root lends it a system user of its own. Everybody else runs
it as themselves.
"""

import os
import pwd
import shutil
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.errors import EmbeddedError

NAME = "candor-db"
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"  # an ordinary PATH lacks useradd

ACL = "system.posix_acl_access"
ACL_VERSION = 2
OWNER, USER, OWNING_GROUP, GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NO_ID = 0xFFFFFFFF
SEARCH = 1


@dataclass(frozen=True, slots=True)
class Account:
    """User and group of the server's processes; both None when they are the caller's own."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_account(data: Path) -> Account:
    """Whom to run PostgreSQL as: as root, the owner of `data` or a system user made for it."""
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedError(
                "embedded_other_owner",
                f"{data} was made by another user. Run Candor as that user, or delete the folder "
                "to start with an empty database.",
            )
        return Account()
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = _system_user()
    return Account(entry.pw_uid, entry.pw_gid)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    advice = (
        f"PostgreSQL cannot run as root and the system user {NAME} could not be made. Run Candor "
        "as an ordinary user, or make it yourself: "
        f"useradd --system --no-create-home --shell /usr/sbin/nologin {NAME}"
    )
    useradd = shutil.which("useradd", path=SBIN)
    if useradd is None:
        raise EmbeddedError("embedded_no_user", f"{advice} (useradd itself is not installed).")
    shell = "/usr/sbin/nologin"
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", shell, NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise EmbeddedError("embedded_no_user", f"{advice} ({done.stderr.strip()})") from None


def open_the_way(account: Account, folders: list[Path]) -> None:
    """Let the server's user pass through to `folders`, whose parents may be closed (/root).

    It gets the right to search, not to list, by an access control list entry of its own; nobody
    else gains anything.
    """
    if account.uid is None:
        return
    for parent in sorted({parent for folder in folders for parent in folder.parents}):
        status = parent.stat()
        if status.st_mode & stat.S_IXOTH or status.st_uid == account.uid:
            continue
        try:
            _allow_search(parent, account.uid)
        except OSError as error:
            raise EmbeddedError(
                "embedded_closed_folder",
                f"PostgreSQL runs as the system user {NAME} and may not pass through {parent} "
                f"({error.strerror}). Run Candor as an ordinary user, or: chmod o+x {parent}",
            ) from error


def _allow_search(folder: Path, uid: int) -> None:
    """Add `user:<uid>:--x` to the folder's POSIX ACL, in the kernel's format (linux/posix_acl.h).

    setfacl does the same, but bare server images lack it.
    """
    entries = _acl(folder)
    mask = entries.get((MASK, NO_ID))
    if mask is not None:
        # Raising the mask below must not wake rights that it holds back from others (chmod 700).
        for tag, who in entries:
            if tag in (USER, OWNING_GROUP, GROUP):
                entries[tag, who] &= mask
    entries[USER, uid] = entries.get((USER, uid), 0) | SEARCH
    entries[MASK, NO_ID] = (entries[OWNING_GROUP, NO_ID] if mask is None else mask) | SEARCH
    packed = b"".join(
        struct.pack("<HHI", tag, rights, who) for (tag, who), rights in sorted(entries.items())
    )
    os.setxattr(folder, ACL, struct.pack("<I", ACL_VERSION) + packed)


def _acl(folder: Path) -> dict[tuple[int, int], int]:
    """Rights by (tag, id), from the folder's ACL or, if it has none, from its mode."""
    try:
        packed = os.getxattr(folder, ACL)
    except OSError:
        mode = folder.stat().st_mode
        return {
            (OWNER, NO_ID): mode >> 6 & 7,
            (OWNING_GROUP, NO_ID): mode >> 3 & 7,
            (OTHERS, NO_ID): mode & 7,
        }
    return {(tag, who): rights for tag, rights, who in struct.iter_unpack("<HHI", packed[4:])}
