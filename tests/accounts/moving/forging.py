"""Exports that were tampered with, signed as their installation would sign them."""

import json
import uuid
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from accounts.offboarding.archive import KIND
from portal import signing

Members = dict[str, bytes]
Change = Callable[[Members, dict[str, Any]], None]


def forge(source: Path, target: Path, change: Change, *, late: Change | None = None) -> Path:
    """A copy with changes, listed and signed anew; `late` changes what nothing is signed for."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(members, manifest)
    for entry in manifest["members"]:
        if data := members.get(entry["path"]):
            entry |= {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    signature = signing.sign(KIND, manifest)
    signed = {"kind": KIND, "key_id": signature.key_id, "value": signature.value}
    members |= {
        "manifest.json": json.dumps(manifest).encode(),
        "signature.json": json.dumps(signed).encode(),
    }
    if late is not None:
        late(members, manifest)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def nothing(_members: Members, _manifest: dict[str, Any]) -> None:
    """No change."""


def in_row(table: str, **values: Any) -> Change:
    """Another value in the first row of a table."""

    def change(members: Members, _manifest: dict[str, Any]) -> None:
        first, *others = members[f"tables/{table}.jsonl"].splitlines()
        row = json.dumps(json.loads(first) | values).encode()
        members[f"tables/{table}.jsonl"] = b"\n".join([row, *others]) + b"\n"

    return change


def in_manifest(**values: Any) -> Change:
    return lambda _members, manifest: manifest.update(values)


def member(name: str, data: bytes) -> Change:
    return lambda members, _manifest: members.update({name: data})


def listed_table(name: str) -> Change:
    """Rows of a table of which nobody knows."""

    def change(members: Members, manifest: dict[str, Any]) -> None:
        members[f"tables/{name}.jsonl"] = b"{}\n"
        manifest["members"].append({"path": f"tables/{name}.jsonl", "rows": 1})

    return change


def without_admins(members: Members, _manifest: dict[str, Any]) -> None:
    path = "tables/accounts_membership.jsonl"
    rows = [json.loads(line) | {"roles": ["analyst"]} for line in members[path].splitlines()]
    members[path] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def unlisted_file(members: Members, _manifest: dict[str, Any]) -> None:
    """A probe whose file the list of files does not have."""
    probe = json.loads(members["tables/searches_probe.jsonl"].splitlines()[0])
    lines = members["files.jsonl"].splitlines(keepends=True)
    gone = next(line for line in lines if json.loads(line)["key"] == probe["file_key"])
    members["files.jsonl"] = b"".join(line for line in lines if line != gone)
    del members[json.loads(gone)["path"]]


def other_picture(members: Members, _manifest: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("files/"))
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])


def other_entry(members: Members, _manifest: dict[str, Any]) -> None:
    """Two digits in the middle of the packed record."""
    data = bytearray(members["record.zip"])
    data[len(data) // 2] ^= 1
    members["record.zip"] = bytes(data)


STRANGER = str(uuid.UUID(int=7))
NOTE, IMAGE = "searches_casenote", "searches_faceimage"

# What was done, before or after it was signed, and the code that it is refused with.
ATTACKS: dict[str, tuple[Change, Change | None, str]] = {
    "a path": (nothing, member("../../etc/passwd", b"x"), "import_member_unknown"),
    "a file that is not listed": (
        nothing,
        member(f"files/{STRANGER}", b"x"),
        "import_member_unknown",
    ),
    "a bomb": (nothing, member("contents.jsonl", bytes(30 << 20)), "import_too_large"),
    "other bytes": (nothing, member("contents.jsonl", b"{}\n"), "import_digest_wrong"),
    "another manifest": (nothing, member("manifest.json", b"{}"), "import_manifest_bad"),
    "no list of files": (
        nothing,
        lambda members, _manifest: members.__delitem__("files.jsonl"),
        "import_member_missing",
    ),
    "another format": (in_manifest(version=3), None, "import_version_unknown"),
    "other tables": (in_manifest(schema="0" * 64), None, "import_schema_differs"),
    "another signature": (
        nothing,
        member("signature.json", b'{"key_id": "0", "value": "AA=="}'),
        "import_signature_bad",
    ),
    "a table of its own": (listed_table("accounts_evil"), None, "import_table_unknown"),
    "a table of the platform": (listed_table("accounts_user"), None, "import_table_unknown"),
    "another record": (other_entry, None, "import_record_bad"),
    "no administrator": (without_admins, None, "import_no_admin"),
    "another picture": (nothing, other_picture, "import_digest_wrong"),
    "a picture less": (unlisted_file, None, "import_file_unlisted"),
    "a row of another agency": (in_row(NOTE, agency_id=10**6), None, "import_row_of_another"),
    "a column of its own": (in_row(NOTE, is_evil=True), None, "import_columns_differ"),
    "a reference out of it": (in_row(NOTE, case_id=STRANGER), None, "import_reference_unknown"),
    "a person out of it": (
        in_row("accounts_trainingcertificate", user_id=10**9),
        None,
        "import_reference_unknown",
    ),
    "a value of another kind": (in_row(NOTE, written_at="=1+1"), None, "import_row_malformed"),
    "a state that is none": (in_row("searches_search", state="evil"), None, "import_row_refused"),
    "an address that is none": (
        in_row("accounts_membership", email="=cmd|' /C calc'!A0"),
        None,
        "import_row_malformed",
    ),
}
