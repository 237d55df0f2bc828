"""The stored files of an agency that moves: each opened, compared, and sealed under the new key."""

from hashlib import sha256

from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from portal.agency_folder import remove_folder
from portal.keys import KeyProblem
from portal.storage import MissingFile


def bring_files(moving: Moving) -> int:
    """Store every file under a fresh key; returns how many. Raises MoveRefused."""
    stored = 0
    for file in moving.package.files():
        if not file.key.startswith(f"{moving.old_agency_id}/") or file.key in moving.keys:
            raise MoveRefused("import_row_of_another", "files.jsonl")
        if file.path:
            moving.keys[file.key] = moving.files.put(moving.package.content(file))
            stored += 1
        else:
            moving.keys[file.key] = moving.lost_key()
    return stored


def check_files(moving: Moving) -> None:
    """Read every file again as the rows name it. Raises MoveRefused."""
    for file in moving.package.files():
        if not file.path:
            continue
        try:
            plain = moving.files.get(moving.keys[file.key])
        except (KeyProblem, MissingFile) as error:
            raise MoveRefused("import_check_failed", file.path) from error
        if sha256(plain).hexdigest() != file.sha256:
            raise MoveRefused("import_check_failed", file.path)


def remove_files(agency_id: int) -> None:
    """Whatever an import that failed has stored."""
    remove_folder(agency_id)
