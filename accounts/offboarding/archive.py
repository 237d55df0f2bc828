"""Writing an agency's export: sealed parts of whole lines, a list of files, a signed manifest.

Stored files are not copied: the archive lists them with their digests, and the download reads them
one by one. So neither writing nor reading holds more than one part or one file in memory, and the
export takes little room. docs/agencies.md describes the format.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from django.conf import settings
from django.utils import timezone

from accounts.access import files_of
from accounts.models import Agency
from accounts.offboarding.file_keys import stored_keys
from accounts.offboarding.members import Member
from accounts.offboarding.record import (
    CONTENTS,
    RECORD,
    content_lines,
    former_content_lines,
    record_parts,
)
from accounts.offboarding.registry import expression_of
from accounts.offboarding.tables import (
    AGENCY,
    Table,
    contract_lines,
    rows_of,
    schema_of,
    tenant_tables,
)
from accounts.offboarding.texts import in_clear
from accounts.services.agencies import data_key_identity
from portal import signing
from portal.agency_folder import Parts
from portal.keys import KeyProblem
from portal.storage import MissingFile

KIND, FORMAT, VERSION = "agency-export", "candor-agency-export", 2
PURPOSE = "export"
INDEX = "index"
CONTRACTS = "contracts.jsonl"
FILES_PER_NOTE = 100


@dataclass(frozen=True, slots=True)
class Export:
    """What was written: digest of the manifest, rows per table, number of files."""

    sha256: str
    rows: dict[str, int]
    files: int


def parts_of(agency: Agency) -> Parts:
    identity = data_key_identity(agency.slug)
    return Parts(agency.pk, bytes(agency.data_key), identity, PURPOSE)


def write_export(agency: Agency, closed_at: str, noted: Callable[[int, int], None]) -> Export:
    """Write the export of an agency, in its scope; an unfinished one is thrown away first.

    `noted(done, total)` is called every FILES_PER_NOTE files, and may raise to stop the writing.
    """
    parts = parts_of(agency)
    parts.clear()
    # The record first: its last signed head is among the rows that follow.
    others = _record(agency, parts)
    others.append(Member(CONTRACTS, parts, contract_lines()).close())
    tables = tenant_tables()
    members = [_agency_row(agency, parts)]
    members += [_rows(table, agency, parts) for table in tables]
    rows = {m.path.removeprefix("tables/").removesuffix(".jsonl"): m.rows for m in members}
    files, count, size, unreadable = _files(agency, parts, noted)
    members += [*others, files]
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "agency": {"id": agency.pk, "slug": agency.slug, "name": agency.name},
        "closed_at": closed_at,
        "exported_at": timezone.now().isoformat(),
        "candor": settings.VERSION,
        "schema": schema_of(tables),
        "members": [member.entry() for member in members],
        "files": {"count": count, "bytes": size, "unreadable": unreadable},
        "public_key": signing.public_key_text(),
    }
    signature = signing.sign(KIND, manifest)
    index: dict[str, Any] = {"manifest": manifest}
    index["parts"] = {member.path: member.number for member in members}
    index["signature"] = {"kind": KIND, "key_id": signature.key_id, "value": signature.value}
    parts.put(INDEX, json.dumps(index).encode())
    return Export(sha256(rfc8785.dumps(manifest)).hexdigest(), rows, count)


def _record(agency: Agency, parts: Parts) -> list[Member]:
    """The record as `manage.py export_record` writes it, and apart from it what people wrote."""
    record = Member(RECORD, parts)
    for data in record_parts(agency.pk):
        record.add_bytes(data)
    contents = Member(CONTENTS, parts, content_lines(agency.pk))
    for line in former_content_lines(agency.pk):
        contents.add(line)
    return [record.close(), contents.close()]


def _agency_row(agency: Agency, parts: Parts) -> Member:
    """The agency's own row, without its key."""
    table = Table(AGENCY, ("id",), frozenset())
    rows = rows_of(table, agency.pk, "to_jsonb(t) - 'data_key'", column="id")
    return Member(_path(AGENCY), parts, _lines(rows)).close()


def _rows(table: Table, agency: Agency, parts: Parts) -> Member:
    rows = rows_of(table, agency.pk, expression_of(table.name))
    lines = in_clear(table.name, files_of(agency.pk), _lines(rows))
    return Member(_path(table.name), parts, lines).close()


def _path(table: str) -> str:
    return f"tables/{table}.jsonl"


def _lines(batches: Iterable[list[str]]) -> Iterable[str]:
    return (line for batch in batches for line in batch)


def _files(
    agency: Agency, parts: Parts, noted: Callable[[int, int], None]
) -> tuple[Member, int, int, int]:
    """The list of stored files: its member, how many they are, their bytes, how many are damaged.

    A file that cannot be opened is listed with an error: it must not keep the rest from its owner.
    """
    member, store = Member("files.jsonl", parts), files_of(agency.pk)
    keys = stored_keys(agency.pk)
    size = unreadable = done = 0
    for done, key in enumerate(keys, start=1):
        entry: dict[str, Any] = {"key": key, "path": f"files/{key.split('/')[1]}"}
        try:
            plain = store.get(key)
        except (KeyProblem, MissingFile):
            entry, unreadable = {"key": key, "error": "file_unreadable"}, unreadable + 1
        else:
            entry |= {"sha256": sha256(plain).hexdigest(), "bytes": len(plain)}
            size += len(plain)
        member.add(json.dumps(entry))
        if done % FILES_PER_NOTE == 0:
            noted(done, len(keys))
    noted(done, len(keys))
    return member.close(), done, size, unreadable
