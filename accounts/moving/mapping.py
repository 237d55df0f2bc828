"""What old numbers and names are here: the agency, people, rows with numbers, contracts, files."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.moving.faults import MoveRefused
from accounts.moving.package import Package
from portal.storage import FileStore


@dataclass(slots=True)
class Moving:
    """One import on its way. UUIDs stay what they are; everything here is a number or a key."""

    package: Package
    agency_id: int
    slug: str
    files: FileStore
    now: datetime
    label: str
    """Who is written to have ended what ends with the move."""
    people: dict[int, int] = field(default_factory=dict)
    awaited: set[int] = field(default_factory=set)
    """People, by their old numbers, whose membership rests until they accept an invitation."""
    contracts: dict[int, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, dict[int, int]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def old_agency_id(self) -> int:
        return self.package.agency_id

    def member(self, old: Any) -> int:
        """A person who belongs to the agency. Raises MoveRefused for anybody else."""
        try:
            return self.people[old]
        except (KeyError, TypeError) as error:
            raise MoveRefused("import_reference_unknown", f"person {old}") from error

    def person(self, old: Any) -> int | None:
        """Anybody who is named by a number alone: members as they are here, others as -number.

        Those others were the platform's staff or another agency's people; no account here has a
        negative number, and two of them stay two.
        """
        if old is None:
            return None
        if type(old) is not int:
            raise MoveRefused("import_row_malformed", f"person {old!r}"[:60])
        return self.people.get(old, -abs(old))

    def contract(self, old: Any) -> int:
        try:
            return self.contracts[old]
        except (KeyError, TypeError) as error:
            raise MoveRefused("import_reference_unknown", f"contract {old}") from error

    def id_of(self, table: str, old: Any) -> int:
        """The number that a row of the table has here."""
        try:
            return self.ids[table][old]
        except (KeyError, TypeError) as error:
            raise MoveRefused("import_reference_unknown", f"{table} {old}") from error

    def key(self, old: Any) -> Any:
        """The key of a stored file; what is none of the agency's files stays as it is."""
        if not isinstance(old, str) or not old.startswith(f"{self.old_agency_id}/"):
            return old
        if old not in self.keys:
            raise MoveRefused("import_file_unlisted", "/".join(old.split("/")[:2]))
        return self.keys[old]

    def lost_key(self) -> str:
        """A key for a file that could not be opened where it came from; nothing lies there."""
        return f"{self.agency_id}/{uuid.uuid4()}/lost"
