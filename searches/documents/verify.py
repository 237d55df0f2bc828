#!/usr/bin/env python3
"""Checks a disclosure bundle of Candor: is every file what was signed, none missing, none extra?

    pip install cryptography
    python3 verify.py                        the folder in which this script lies
    python3 verify.py BUNDLE.zip             a bundle that is not unpacked, or another folder
    python3 verify.py BUNDLE.zip --key KEY   and was it signed by this public key (base64)?

Without --key this says only that nothing was changed since somebody signed it. Get the public key
from the agency or the court on another way than with the bundle, and compare. Exit code 0: all is
as it was signed; 1: it is not, and every difference is named. Neither Candor nor a network is
needed. Do not trust the copy inside the bundle: take this script from somebody you trust, or read
it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST = "manifest.json"
# The signed documents, each under the name of its kind, which is part of what is signed.
KINDS = {
    MANIFEST: "disclosure",
    "token.json": "authorization",
    "record-proof.json": "record-extract",
}
# What reading a damaged or missing file, or one that is no JSON, may raise.
DAMAGE = (
    *(OSError, LookupError, TypeError, ValueError, EOFError, RuntimeError),
    *(zlib.error, zipfile.BadZipFile),
)


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        found = (path for path in self.root.rglob("*") if path.is_symlink() or not path.is_dir())
        return [path.relative_to(self.root).as_posix() for path in found]

    def read(self, name: str) -> bytes:
        path = self.root / name
        if path.is_symlink():
            raise OSError("a link")
        return path.read_bytes()


class Archive:
    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return [name for name in self.zip.namelist() if not name.endswith("/")]

    def read(self, name: str) -> bytes:
        return self.zip.read(name)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def signed_by(bundle: Folder | Archive, name: str) -> str:
    """The public key (base64) that signed this document. Raises an error when none did."""
    signature = json.loads(bundle.read(signature_of(name)))
    key = base64.b64decode(signature["public_key"], validate=True)
    if digest(key)[:16] != signature["key_id"]:
        raise ValueError("the key is not the one that is named")
    # The files are written in the very form that was signed: RFC 8785 canonical JSON.
    signed = b"candor " + KINDS[name].encode() + b"\n" + bundle.read(name)
    value = base64.b64decode(signature["value"], validate=True)
    Ed25519PublicKey.from_public_bytes(key).verify(value, signed)
    return str(signature["public_key"])


def signature_of(name: str) -> str:
    return name[: -len(".json")] + ".sig.json"


def check_files(bundle: Folder | Archive, manifest: dict[str, Any]) -> Iterator[str]:
    """Every difference between the files and the signed list."""
    there = Counter(bundle.names())
    listed = {entry["path"]: entry for entry in manifest["files"]}
    for name, entry in listed.items():
        if name not in there:
            yield "missing: " + name
            continue
        try:
            data = bundle.read(name)
        except DAMAGE as error:
            yield f"changed: {name} (cannot be read: {error})"
            continue
        if len(data) != entry["bytes"] or digest(data) != entry["sha256"]:
            yield "changed: " + name
    for name, times in sorted(there.items()):
        if name not in listed and name not in (MANIFEST, signature_of(MANIFEST)):
            yield "extra: " + name
        if times > 1:
            yield "there more than once: " + name


def check_inside(bundle: Folder | Archive, manifest: dict[str, Any]) -> Iterator[str]:
    """Whether the parts belong together: token, pictures and record are of this search."""
    search = json.loads(bundle.read("search.json"))
    if search["id"] != manifest["search"]:
        yield "search.json is of another search"
    if "token.json" in bundle.names():
        yield from check_token(bundle, search)
    for one in json.loads(bundle.read("candidates.json")):
        picture = one["image"]
        if picture["path"] and digest(bundle.read(picture["path"])) != picture["sha256"]:
            yield picture["path"] + " is not the picture that was enrolled"
    signed_by(bundle, "record-proof.json")
    proof, lines = json.loads(bundle.read("record-proof.json")), bundle.read("record.jsonl")
    if (proof["entries"], proof["sha256"]) != (lines.count(b"\n"), digest(lines)):
        yield "record.jsonl is not the extract that was signed"
    if proof["search"] != search["id"]:
        yield "record.jsonl is of another search"


def check_token(bundle: Folder | Archive, search: dict[str, Any]) -> Iterator[str]:
    """Whether the sealed token permitted this very search of this very picture."""
    signed_by(bundle, "token.json")
    token, probe = json.loads(bundle.read("token.json")), search["probe"]
    edits = {edit["id"]: edit["sha256"] for edit in probe["edits"]}
    searched = edits[probe["current_edit"]] if probe["current_edit"] else probe["sha256"]
    sealed = token["probe"]
    if (token["search"], sealed["original_sha256"]) != (search["id"], probe["sha256"]):
        yield "token.json is of another search or picture"
    if sealed["searched_sha256"] != searched:
        yield "token.json permits another picture than the one that was searched with"


def verify(bundle: Folder | Archive, key: str | None) -> bool:
    """Prints what was found; returns whether all is as it was signed."""
    try:
        signer = signed_by(bundle, MANIFEST)
        manifest = json.loads(bundle.read(MANIFEST))
    except InvalidSignature:
        print("changed: manifest.json or manifest.sig.json (the signature does not fit)")
        return False
    except DAMAGE as error:
        print(f"manifest.json or manifest.sig.json is missing or damaged: {error}")
        return False
    print(f"Search {manifest['search']} of {manifest['agency']['name']}")
    print(f"made {manifest['made_at']} by {manifest['made_by']}")
    print(f"signed with the public key {signer}")
    problems = list(check_files(bundle, manifest)) or inside(bundle, manifest)
    if key and key != signer:
        problems.insert(0, "signed by another key than " + key)
    for problem in problems:
        print(problem)
    for name in manifest["unreadable"]:
        print("was not readable when the bundle was made: " + name)
    if not problems:
        print(
            f"OK: all {len(manifest['files'])} files are what was signed, none is missing or extra"
        )
    return not problems


def inside(bundle: Folder | Archive, manifest: dict[str, Any]) -> list[str]:
    try:
        return list(check_inside(bundle, manifest))
    except InvalidSignature:
        return ["the token or the record is not what was signed"]
    except DAMAGE as error:
        return [f"the parts do not belong together: {error}"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks a disclosure bundle of Candor.")
    parser.add_argument("bundle", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", help="the public key in base64 that must have signed it")
    arguments = parser.parse_args()
    path = Path(arguments.bundle)
    try:
        bundle = Folder(path) if path.is_dir() else Archive(path)
    except DAMAGE as error:
        print(f"{path} is no bundle: {error}")
        return 1
    return 0 if verify(bundle, arguments.key) else 1


if __name__ == "__main__":
    sys.exit(main())
