"""The manifest of a backup: what is in it, where it comes from, and the signature over both."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from portal import signing
from portal.backups import store
from portal.backups.errors import BackupError

KIND, FORMAT = "backup", 1
NAME, DUMP, FILES, FILE_LIST = "manifest.json", "database.dump", "files", "files.sha256"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`document` is plain JSON; docs/backups.md has its fields."""

    document: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The name by which the record knows the backup."""
        return sha256(rfc8785.dumps(self.document)).hexdigest()

    def write(self, folder: Path) -> None:
        """Sign it and write it: the last file of a backup."""
        signature = signing.sign(KIND, self.document)
        saved = {
            "kind": KIND,
            "document": self.document,
            "key_id": signature.key_id,
            "signature": signature.value,
            "public_key": signing.public_key_text(),
        }
        with open(folder / NAME, "x", opener=store.private) as file:
            json.dump(saved, file, indent=1)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupError unless this installation signed it."""
    try:
        saved = json.loads((folder / NAME).read_bytes())
        document = saved["document"]
        signature = signing.Signature(saved["key_id"], saved["signature"])
    except FileNotFoundError as error:
        raise BackupError("no_backup", f"{folder} holds no whole backup") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError("backup_damaged", f"{folder / NAME} cannot be read") from error
    try:
        signing.verify(KIND, document, signature)
    except signing.BadSignature as error:
        if "unknown key" in str(error):
            raise BackupError(
                "wrong_keys",
                f"{folder} was signed by the key {signature.key_id}, which is not of this"
                " installation. Put its keys back first (--keys)",
            ) from error
        raise BackupError("backup_damaged", f"{folder / NAME} is not what was signed") from error
    if document.get("format") != FORMAT:
        raise BackupError("wrong_version", f"{folder} has a format that this Candor does not know")
    return Manifest(document)


def verify(folder: Path) -> Manifest:
    """Compare every byte of a backup with its manifest. Raises BackupError."""
    manifest = read_manifest(folder)
    document = manifest.document
    _require(folder / DUMP, document["database"]["sha256"])
    _require(folder / FILE_LIST, document["files"]["sha256"])
    listed = set()
    with (folder / FILE_LIST).open() as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            _require(folder / name, digest)
            listed.add(name)
    there = {p.relative_to(folder).as_posix() for p in (folder / FILES).rglob("*") if p.is_file()}
    if there - listed or len(listed) != document["files"]["count"]:
        raise BackupError("backup_damaged", f"{folder / FILES} holds files that are not listed")
    return manifest


def _require(path: Path, digest: str) -> None:
    try:
        found = store.digest_of(path)
    except FileNotFoundError as error:
        raise BackupError("backup_damaged", f"{path} is missing") from error
    if found != digest:
        raise BackupError("backup_damaged", f"{path} is not what was backed up")
