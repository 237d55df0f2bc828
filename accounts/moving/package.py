"""The file of an export, read without trust: names, sizes, signature, digests, lines.

Nothing is unpacked to a disk but the record, under a name of our own. No member is read further
than the signed list says it goes.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from accounts.moving.faults import MoveRefused
from accounts.offboarding.archive import CONTRACTS, FORMAT, KIND, VERSION
from accounts.offboarding.reading import MISSING
from accounts.offboarding.record import CONTENTS, RECORD
from accounts.offboarding.tables import AGENCY, MEMBERSHIP
from portal import signing
from portal.audit.candor_verify import is_signed, key_id_of

FILES = "files.jsonl"
NEEDED = (
    *("manifest.json", "signature.json", FILES, CONTRACTS, CONTENTS, RECORD),
    *(f"tables/{name}.jsonl" for name in (AGENCY, MEMBERSHIP)),
)
_NAMES = re.compile(r"tables/[a-z_]{3,60}\.jsonl|files/[0-9a-f-]{36}")
LONGEST = 32 << 20
"""Bytes of a line and of a small JSON file; of a file of the agency eight times as many."""
GROWTH = 250
"""How many times its size a member may unpack to, as for exports of the record."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A stored file as the export lists it; no digest: it could not be opened there."""

    key: str
    path: str = ""
    sha256: str = ""
    bytes: int = 0


class Package:
    """An export that is signed by the key that it names, and holds what it says it holds.

    Raises MoveRefused wherever it does not.
    """

    def __init__(self, archive: zipfile.ZipFile, *, trusted_key: str = "") -> None:
        self._zip = archive
        self._infos = _infos_of(self._zip)
        self.manifest = _manifest_of(self._small("manifest.json"))
        self.public_key = str(self.manifest["public_key"])
        self._canonical = _canonical(self.manifest)
        self.key_id = _key_id(self.public_key)
        self._require_signed(trusted_key)
        self.members = _members_of(self.manifest)
        self.agency_id = int(self.manifest["agency"]["id"])
        lost = self._small(MISSING).splitlines() if MISSING in self._infos else []
        self._missing = {str(_object(line, MISSING).get("key")) for line in lost}

    @property
    def manifest_sha256(self) -> str:
        return sha256(self._canonical).hexdigest()

    def tables(self) -> list[str]:
        """The names of the tables whose rows it has."""
        return [path[7:-6] for path in self.members if path.startswith("tables/")]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        return self.lines(f"tables/{table}.jsonl")

    def rows_listed(self, table: str) -> int:
        return int(self.members[f"tables/{table}.jsonl"]["rows"])

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """The objects of a list, one by one."""
        with self._open(path) as member:
            while line := _read(lambda: member.readline(LONGEST + 1)):
                if len(line) > LONGEST:
                    raise MoveRefused("import_too_large", path)
                yield _object(line, path)

    def files(self) -> Iterator[ListedFile]:
        for entry in self.lines(FILES):
            try:
                if "error" in entry or entry["key"] in self._missing:
                    yield ListedFile(str(entry["key"]))
                else:
                    name = (str(entry["key"]), str(entry["path"]), str(entry["sha256"]))
                    yield ListedFile(*name, int(entry["bytes"]))
            except (KeyError, TypeError, ValueError) as error:
                raise MoveRefused("import_manifest_bad", FILES) from error

    def content(self, file: ListedFile) -> bytes:
        """The bytes of a file, which are those that the list says."""
        if not 0 <= file.bytes <= 8 * LONGEST:
            raise MoveRefused("import_too_large", file.path)
        with self._open(file.path) as member:
            plain: bytes = _read(lambda: member.read(file.bytes + 1))
        if len(plain) != file.bytes or sha256(plain).hexdigest() != file.sha256:
            raise MoveRefused("import_digest_wrong", file.path)
        return plain

    def chunks(self, path: str, size: int) -> Iterator[bytes]:
        with self._open(path) as member:
            while data := _read(lambda: member.read(size)):
                yield data

    def check_members(self) -> None:
        """Every list is what the manifest says, to the byte; nothing else is in the file."""
        for path, entry in self.members.items():
            digest, size = sha256(), 0
            for data in self.chunks(path, 1 << 20):
                digest.update(data)
                size += len(data)
                if size > entry["bytes"]:
                    raise MoveRefused("import_too_large", path)
            if size != entry["bytes"] or digest.hexdigest() != entry["sha256"]:
                raise MoveRefused("import_digest_wrong", path)
        listed = {file.path for file in self.files() if file.path}
        known = {*self.members, *listed, "manifest.json", "signature.json", MISSING}
        if strange := sorted(self._infos.keys() - known):
            raise MoveRefused("import_member_unknown", strange[0])
        if gone := sorted(listed - self._infos.keys()):
            raise MoveRefused("import_member_missing", gone[0])

    def _require_signed(self, trusted_key: str) -> None:
        if trusted_key and trusted_key != self.public_key:
            raise MoveRefused("import_key_differs", self.key_id)
        signature = _object(self._small("signature.json"), "signature.json")
        value, key_id = str(signature.get("value")), signature.get("key_id")
        if key_id != self.key_id or not is_signed(KIND, self._canonical, self.public_key, value):
            raise MoveRefused("import_signature_bad")
        if signing.public_key_text_of(self.key_id):
            raise MoveRefused("import_own_export", self.key_id)

    def _small(self, path: str) -> bytes:
        if self._infos[path].file_size > LONGEST:
            raise MoveRefused("import_too_large", path)
        return b"".join(self.chunks(path, LONGEST))

    def _open(self, path: str) -> Any:
        info = self._infos.get(path)
        if info is None:
            raise MoveRefused("import_member_missing", path)
        return _read(lambda: self._zip.open(info))


def _canonical(manifest: dict[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(manifest)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise MoveRefused("import_manifest_bad", str(error)) from error


def _key_id(public_key: str) -> str:
    try:
        return key_id_of(public_key)
    except ValueError as error:
        raise MoveRefused("import_manifest_bad", "public_key") from error


@contextmanager
def opened_package(path: Path, *, trusted_key: str = "") -> Iterator[Package]:
    """The export in a file, which is open within. Raises MoveRefused."""
    with _read(lambda: path.open("rb")) as file, _read(lambda: zipfile.ZipFile(file)) as archive:
        yield Package(archive, trusted_key=trusted_key)


def _read(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except _DAMAGE as error:
        raise MoveRefused("import_not_readable", str(error)) from error


def _infos_of(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename
        if name in found or not (name in (*NEEDED, MISSING) or _NAMES.fullmatch(name)):
            raise MoveRefused("import_member_unknown", name)
        if info.file_size > GROWTH * max(info.compress_size, 1000):
            raise MoveRefused("import_too_large", name)
        found[name] = info
    if missing := [name for name in NEEDED if name not in found]:
        raise MoveRefused("import_member_missing", missing[0])
    return found


def _manifest_of(data: bytes) -> dict[str, Any]:
    manifest = _object(data, "manifest.json")
    if manifest.get("format") != FORMAT:
        raise MoveRefused("import_manifest_bad", "format")
    if manifest.get("version") != VERSION:
        raise MoveRefused("import_version_unknown", str(manifest.get("version")))
    agency = manifest.get("agency")
    texts = [manifest.get(name) for name in ("public_key", "schema", "exported_at")]
    if not isinstance(agency, dict) or not all(isinstance(text, str) for text in texts):
        raise MoveRefused("import_manifest_bad", "agency")
    number = agency.get("id")
    if type(number) is not int or not 0 < number < 2**63 or not isinstance(agency.get("slug"), str):
        raise MoveRefused("import_manifest_bad", "agency")
    if not _is_moment(manifest["exported_at"]):
        raise MoveRefused("import_manifest_bad", "exported_at")
    return manifest


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _members_of(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    try:
        members = {str(entry["path"]): entry for entry in manifest["members"]}
        for entry in members.values():
            if [type(entry[name]) for name in ("bytes", "rows", "sha256")] != [int, int, str]:
                raise ValueError(entry["path"])
    except (KeyError, TypeError, ValueError) as error:
        raise MoveRefused("import_manifest_bad", "members") from error
    wanted = set(NEEDED) - {"manifest.json", "signature.json"}
    if missing := sorted(wanted - members.keys()):
        raise MoveRefused("import_member_missing", missing[0])
    return members


def _object(data: bytes, path: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MoveRefused("import_row_malformed", path) from error
    if not isinstance(found, dict):
        raise MoveRefused("import_row_malformed", path)
    return found
