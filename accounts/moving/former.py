"""The record that an agency brings along: verified, kept as a closed chain, and read again.

It is what `manage.py export_record` of the former installation wrote, so everything that checks
such a file checks this one. What people wrote lies apart, under keys that go with their case.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from accounts.access import files_of
from accounts.models import FormerContent, FormerRecord
from accounts.models.former_record import bound_to
from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from accounts.moving.package import Package
from accounts.offboarding.record import CONTENTS, RECORD
from portal.audit import candor_verify
from portal.audit.canonical import digest
from portal.audit.contents import open_beside, seal_beside

PART_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Chain:
    """What a verified export of a record says of itself, and the digests that its entries name."""

    entries: int
    first_head: str
    head: str
    checkpoints: int
    contents: dict[int, str]


@contextmanager
def unpacked(parts: Iterator[bytes]) -> Iterator[Path]:
    """A file that is there as long as the block, in a folder that nobody else can read."""
    with tempfile.TemporaryDirectory(prefix="candor-record-") as folder:
        path = Path(folder) / "record.zip"
        with path.open("wb") as out:
            out.writelines(parts)
        yield path


def verified_chain(package: Package) -> Chain:
    """The record in an export, if it is as it was written. Raises MoveRefused."""
    with unpacked(package.chunks(RECORD, PART_BYTES)) as path:
        try:
            source = candor_verify.opened(path)
            report = verify_file(source, package.public_key)
            if report.findings:
                found = report.findings[0]
                raise MoveRefused("import_record_bad", f"{found.kind}: {found.text}")
            return _chain(source, package)
        except candor_verify.DAMAGE as error:
            raise MoveRefused("import_record_bad", str(error)) from error


def verify_file(source: Any, public_key: str) -> candor_verify.Report:
    """An export of a record, checked by a key as candor_verify.py does it."""
    (report,) = candor_verify.verify([("the former record", source)], [public_key], [])
    return report


def _chain(source: Any, package: Package) -> Chain:
    """Of a record that verifies: whole, of this agency, with nothing withheld."""
    heads, contents, number = ["", ""], {}, 0
    for _, line in candor_verify.lines(source, "record.jsonl"):
        link = candor_verify.parse(line)
        entry = link.get("entry")
        if not entry or entry["agency"] != package.agency_id:
            raise MoveRefused("import_record_bad", f"entry {link.get('number')}")
        number, heads = link["number"], [heads[0] or link["head"], link["head"]]
        if entry["content"]:
            contents[entry["id"]] = entry["content"]
    checkpoints = sum(1 for _ in candor_verify.lines(source, "checkpoints.jsonl"))
    if not number:
        raise MoveRefused("import_record_bad", "no entry")
    return Chain(number, heads[0], heads[1], checkpoints, contents)


def keep_record(moving: Moving, chain: Chain, part_keys: list[str]) -> FormerRecord:
    """The row of the closed chain, whose file is stored already."""
    package = moving.package
    listed = package.members[RECORD]
    return FormerRecord.objects.create(
        number_there=package.agency_id,
        slug_there=str(package.manifest["agency"]["slug"])[:60],
        public_key=package.public_key,
        key_id=package.key_id,
        entries=chain.entries,
        first_head=chain.first_head,
        head=chain.head,
        checkpoints=chain.checkpoints,
        part_keys=part_keys,
        size=listed["bytes"],
        sha256=listed["sha256"],
        manifest_sha256=package.manifest_sha256,
        exported_at=package.manifest["exported_at"],
    )


def store_record(moving: Moving) -> list[str]:
    """The file of the record in sealed parts; their keys."""
    return [moving.files.put(part) for part in moving.package.chunks(RECORD, PART_BYTES)]


def keep_contents(moving: Moving, record: FormerRecord, chain: Chain) -> int:
    """What people wrote, each proved by the digest in its entry. Returns how many texts."""
    kept = 0
    for line in moving.package.lines(CONTENTS):
        if "fields" not in line:
            continue  # it could not be opened where it came from
        try:
            entry, about, case = line["entry"], str(line["about"]), str(line["case"])
            document = {"salt": line["salt"], "fields": line["fields"]}
            whose, proof = _whose(line, record, chain)
            is_proved = proof is None or digest("content", document) == proof
        except (KeyError, TypeError, ValueError) as error:
            raise MoveRefused("import_row_malformed", CONTENTS) from error
        if not is_proved:
            raise MoveRefused("import_record_bad", f"content of entry {entry}")
        FormerContent.objects.create(
            record_id=whose,
            entry=entry,
            about=about,
            sealed=seal_beside(
                moving.agency_id, about, case, json.dumps(document), bound_to(whose, entry)
            ),
        )
        kept += 1
    return kept


def _whose(line: dict[str, Any], record: FormerRecord, chain: Chain) -> tuple[Any, str | None]:
    """The record that a text belongs to, and the digest that proves it.

    One from before an earlier move names that record; its digest is in a file that was verified
    when it came, and is part of what the former installation signed now.
    """
    if earlier := line.get("record"):
        return earlier, None
    return record.pk, chain.contents[line["entry"]]


def record_file(record: FormerRecord) -> Iterator[bytes]:
    """The file of a former record, part by part. The scope is needed for the call only."""
    store = files_of(record.agency_id)
    return (store.get(key) for key in record.part_keys)


def verify_kept(record: FormerRecord) -> candor_verify.Report:
    """A former record as it lies here, checked by the key that it came with, in its scope."""
    with unpacked(record_file(record)) as path:
        with path.open("rb") as file:
            same = file_digest(file, "sha256").hexdigest() == record.sha256
        report = verify_file(candor_verify.opened(path), record.public_key)
        if not same:
            report.find("changed", "the file is not the one that was brought here")
        return report


@contextmanager
def links_of(record: FormerRecord) -> Iterator[Iterator[dict[str, Any]]]:
    """The links of a former record with their entries, in their order, in its scope."""
    with unpacked(record_file(record)) as path:
        lines = candor_verify.lines(candor_verify.opened(path), "record.jsonl")
        yield (candor_verify.parse(line) for _, line in lines)


def former_contents(record: FormerRecord, entries: list[int]) -> dict[int, dict[str, str]]:
    """What people wrote about entries, as far as it was not destroyed."""
    found = {}
    for row in FormerContent.objects.filter(record=record, entry__in=entries):
        identity = bound_to(record.pk, row.entry)
        text = open_beside(record.agency_id, row.about, bytes(row.sealed), identity)
        if text is not None:
            found[row.entry] = json.loads(text)["fields"]
    return found


def forget_contents(agency_id: int, abouts: list[str]) -> None:
    """What was written about these goes; its key went before. Part of the open transaction."""
    FormerContent.objects.filter(agency_id=agency_id, about__in=abouts).delete()
