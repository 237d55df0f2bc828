#!/usr/bin/env python3
"""candor-verify: is an export of the record of Candor complete and as it was written?

    pip install cryptography
    python3 candor_verify.py EXPORT [EXPORT...] [--checkpoint FILE]... [--key BASE64]...
                             [--document FILE]...

An EXPORT is a ZIP file or a folder: an export of the record, or the disclosure bundle of a search.
Give several exports of one record, and what differs between them is named. --checkpoint is the
strongest check: a checkpoint that was published, or that you were given, earlier. --key is the
public key of the installation, from elsewhere than from the export. --document looks up whether
and when this very file was handed out. Exit code 0: nothing is wrong; 1: every finding is named.

It needs neither Candor nor a network. docs/record.md describes the formats, docs/verifying.md what
the findings mean and what this cannot show. Do not trust the copy inside an export: take this file
from somebody you trust, or read it.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import stat
import sys
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Optional, Union

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIRST = "0" * 64  # what the first link and the first checkpoint follow
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig.json"
KINDS = {"candor-record": "record-export", "candor-disclosure": "disclosure"}
LONGEST = 8 << 20  # bytes of a line, and of a whole JSON file but the lists of lines
GROWTH = 250  # how many times its size a ZIP may unpack to
ACT = timedelta(hours=1)  # no act of the portal lasts longer
HASH = re.compile("[0-9a-f]{64}")
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
SHOWN = 50  # findings of one kind that are printed
FORMULA = frozenset("=+-@\t\r\n'")  # what makes a spreadsheet calculate, and our mark against it
CSV_HEADER = [
    *("number", "id", "at", "action", "outcome", "actor_id", "actor_label", "source"),
    *("subject_type", "subject_id", "case", "data", "content"),
]
# What reading a damaged or missing file, or one that is no JSON, may raise.
DAMAGE = (
    *(OSError, LookupError, TypeError, ValueError, EOFError, RuntimeError, AttributeError),
    *(zlib.error, zipfile.BadZipFile, csv.Error, NotImplementedError, OverflowError),
)


# --- The canonical form -------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # it could show one value and hash another
        raise ValueError("a key is there twice")
    return found


def _whole(text: str) -> int:
    if len(text) < 16:
        return int(text)
    if len(text) > 17 or abs(int(text)) > 2**53 - 1:
        raise ValueError("a number is too large")
    return int(text)


def _fraction(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no whole number")


_strict = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_fraction, parse_constant=_fraction
)
_encoder = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_as_given = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
)


def parse(data: bytes) -> Any:
    """A document of texts, whole numbers, true, false, null, lists, objects; else ValueError."""
    return _strict.decode(data.decode())


def canonical(document: Mapping[str, Any]) -> bytes:
    """The bytes of RFC 8785 of what `parse` gives."""
    text = _encoder.encode(document)
    if not text.isascii() and _has_foreign_key(document):
        text = _as_given.encode(_in_order(document))
    return text.encode()


def _has_foreign_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any(not k.isascii() or _has_foreign_key(v) for k, v in value.items())
    return isinstance(value, list) and any(map(_has_foreign_key, value))


def _in_order(value: Any) -> Any:
    """RFC 8785 sorts keys by their UTF-16 code units, Python by their characters."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _in_order(value[key]) for key in keys}
    return [_in_order(one) for one in value] if isinstance(value, list) else value


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest(kind: str, document: Mapping[str, Any]) -> str:
    return sha256(b"candor " + kind.encode() + b"\n" + canonical(document))


def head_after(agency: Optional[int], number: int, entry: str, previous: str) -> str:
    whose = "null" if agency is None else agency
    text = f'{{"agency":{whose},"entry":"{entry}","number":{number},"previous":"{previous}"}}'
    return sha256(b"candor link\n" + text.encode())


def csv_cells(number: int, entry: Mapping[str, Any]) -> list[str]:
    """An entry as a row for people. No cell begins like a formula of a spreadsheet."""
    actor, subject, data = entry["actor"], entry["subject"], entry["data"]
    cells = [
        *(number, entry["id"], entry["at"], entry["action"], entry["outcome"]),
        *(actor["id"], actor["label"], entry["source"], subject["type"], subject["id"]),
        *(entry["case"], canonical(data).decode() if data else "{}", entry["content"]),
    ]
    texts = ["" if cell is None else str(cell) for cell in cells]
    return ["'" + text if text[:1] in FORMULA else text for text in texts]


# --- What is read -------------------------------------------------------------------------------


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        found = (path for path in self.root.rglob("*") if path.is_symlink() or not path.is_dir())
        return [path.relative_to(self.root).as_posix() for path in found]

    def open(self, name: str) -> BinaryIO:
        path = self.root / name
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError("no plain file")
        return path.open("rb")


class Archive:
    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        if sum(i.file_size for i in self.zip.infolist()) > GROWTH * path.stat().st_size + LONGEST:
            raise ValueError(f"it would unpack to more than {GROWTH} times its size")

    def names(self) -> list[str]:
        return [name for name in self.zip.namelist() if not name.endswith("/")]

    def open(self, name: str) -> BinaryIO:
        if stat.S_ISLNK(self.zip.getinfo(name).external_attr >> 16):
            raise OSError("no plain file")
        return io.BufferedReader(self.zip.open(name), 1 << 18)  # type: ignore[type-var]


def read(source: Any, name: str) -> bytes:
    """A whole file that may not be large."""
    with source.open(name) as stream:
        data: bytes = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ValueError(f"{name} is too large")
    return data


def lines(source: Any, name: str) -> Iterator[tuple[int, bytes]]:
    with source.open(name) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST + 1), b""), start=1):
            if len(line) > LONGEST:
                raise ValueError(f"line {number} of {name} is too long")
            yield number, line


def fingerprint(source: Any, name: str) -> tuple[int, str]:
    """Size and SHA-256 of a file of any size."""
    size, found = 0, hashlib.sha256()
    with source.open(name) as stream:
        while part := stream.read(1 << 20):
            size += len(part)
            found.update(part)
    return size, found.hexdigest()


def key_id_of(public_key: str) -> str:
    """The id of a public key in base64; ValueError for what is none."""
    raw = base64.b64decode(public_key, validate=True)
    if len(raw) != 32:
        raise ValueError("no public key")
    return sha256(raw)[:16]


def is_signed(kind: str, data: bytes, public_key: str, value: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(value, validate=True), f"candor {kind}\n".encode() + data)
    except (InvalidSignature, ValueError):
        return False
    return True


class Checkpoint(NamedTuple):
    """A signed head, where it was read, and whether that was outside of the exports."""

    document: dict[str, Any]
    number: int
    entries: int
    agency: Optional[int]
    public_key: str
    key_id: str
    good: bool
    origin: str
    outside: bool

    def __str__(self) -> str:
        return f"checkpoint {self.number} ({shown(self.document['at'])}, {shown(self.origin)})"


def checkpoint_of(value: Any, origin: str, outside: bool) -> Checkpoint:
    document = value["document"]
    whole = all(type(document[key]) is int for key in ("format", "number", "entries"))
    texts = all(type(document[key]) is str for key in ("head", "previous", "at"))
    if not whole or not texts or type(document["agency"]) not in (int, type(None)):
        raise ValueError("no checkpoint")
    datetime.strptime(document["at"], TIME)  # noqa: DTZ007
    key, data = value["public_key"], canonical(document)
    good = key_id_of(key) == value["key_id"]
    good = good and is_signed("checkpoint", data, key, value["signature"])
    number, entries, agency = document["number"], document["entries"], document["agency"]
    name = value["key_id"]
    return Checkpoint(document, number, entries, agency, key, name, good, origin, outside)


def checkpoints_in(data: bytes, origin: str) -> list[Checkpoint]:
    """Those of a file that was given beside the exports: one JSON object, or one a line."""
    try:
        values = [parse(data)]
    except ValueError:
        values = [parse(line) for line in data.splitlines() if line.strip()]
    return [checkpoint_of(value, origin, True) for value in values]


# --- What is found ------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """Text of a stranger for a terminal: it cannot look like a line of ours."""
    text = str(value)[:200]
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


class Finding(NamedTuple):
    kind: str
    text: str


class Report:
    """What was found wrong (`findings`), and what else is worth knowing (`notes`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self._times: Counter[str] = Counter()

    def find(self, kind: str, text: str) -> None:
        self._times[kind] += 1
        if self._times[kind] <= SHOWN:
            self.findings.append(Finding(kind, text))

    def kinds(self) -> set[str]:
        return set(self._times)

    def lines(self) -> Iterator[str]:
        yield from self.notes
        yield from (f"{found.kind}: {found.text}" for found in self.findings)
        yield from (f"{k}: and {n - SHOWN} more" for k, n in self._times.items() if n > SHOWN)
        if not self.findings:
            yield "OK: nothing is wrong"


def span(first: int, last: int, what: str = "number") -> str:
    return f"{what} {first}" if first == last else f"{what}s {first} to {last}"


# --- Whose signature counts ---------------------------------------------------------------------


class Trust:
    """Public keys that count: those that were given, and those to which such a key handed over."""

    def __init__(self, given: Iterable[str]) -> None:
        self.keys = {key_id_of(key): key for key in given}
        self.given = set(self.keys)
        self.ids = set(self.keys)
        self._changes: list[tuple[str, str]] = []

    def learn(self, value: Mapping[str, Any], report: Report) -> None:
        """Take the statements of a keys.json; one not signed by its old key is a finding."""
        self.keys.update((key_id_of(one["public_key"]), one["public_key"]) for one in value["keys"])
        for change in value["changes"]:
            document, old = change["document"], str(change["document"]["old_key_id"])
            new = key_id_of(document["new_public_key"])
            data, key = canonical(document), self.keys.get(old, "")
            if new != document["new_key_id"] or not is_signed(
                "key-change", data, key, change["signature"]
            ):
                report.find("key", f"the change from key {shown(old)} is not signed by that key")
            else:
                self._changes.append((old, new))
                self.keys[new] = document["new_public_key"]
        self._spread()

    def start_with(self, key_id: str) -> None:
        self.ids.add(key_id)
        self._spread()

    def _spread(self) -> None:
        self.ids = self._from(self.ids)

    def led_to(self, key_id: str) -> bool:
        """Whether this key handed over, in the end, to one that counts."""
        return bool(self._from({key_id}) & self.ids)

    def _from(self, ids: set[str]) -> set[str]:
        while more := {new for old, new in self._changes if old in ids} - ids:
            ids = ids | more
        return ids


def check_signatures(found: list[Checkpoint], trust: Trust, report: Report, sealed: bool) -> None:
    """Whether each is signed by a key that counts, or by an earlier one of such a key's holder.

    `sealed`: the whole export is signed by a key that counts.
    """
    vouched = {sha256(canonical(one.document)) for one in found if sealed and not one.outside}
    for one in sorted(found, key=lambda c: c.number, reverse=True):
        mine = sha256(canonical(one.document))
        excused = mine in vouched and trust.led_to(one.key_id)
        if not one.good:
            report.find("signature", f"{one} is not what was signed")
        elif one.key_id not in trust.ids and not excused:
            report.find("key", f"{one} is signed by key {shown(one.key_id)}, which nobody trusted")
        else:  # whoever signs a checkpoint signs for those before it
            vouched |= {mine, one.document["previous"]}


def check_sequence(found: list[Checkpoint], report: Report, whole: bool) -> None:
    """Whether each checkpoint follows the one before it."""
    before: Optional[Checkpoint] = None
    for one in (c for c in found if not c.outside):
        expected = FIRST if before is None else sha256(canonical(before.document))
        number = before.number + 1 if before else 1
        if (before or whole) and (one.number, one.document["previous"]) != (number, expected):
            report.find("checkpoint", f"{one} does not follow the one before it")
        if before and one.entries < before.entries:
            report.find("truncated", f"{one} covers fewer entries than the one before it")
        before = one


# --- The chain ----------------------------------------------------------------------------------


class Chain:
    """One walk over record.jsonl, in constant memory but for the ids."""

    def __init__(self, source: Any, agency: Optional[int], report: Report, keep: bool) -> None:
        self.source, self.agency, self.report, self.keep = source, agency, report, keep
        self.start = self.number = self.shown = self.withheld = 0
        self.head: Optional[str] = FIRST  # None: unknown
        self.segment = False
        self.ids: set[int] = set()
        self.digests: list[bytes] = []  # by number from start + 1; only with `keep`
        self.entry_ids = array("q")
        self.known: list[Checkpoint] = []
        self.documents: dict[str, list[str]] = {}  # SHA-256: who got it
        self._earliest = ""  # what is linked from here on did not happen before
        self._gaps: list[range] = []
        self._late: set[int] = set()
        self._loose: list[list[int]] = []  # runs of numbers whose links do not follow
        self._changed: list[tuple[int, Any, str, str, int]] = []
        self._agreed = 0
        self._differs: list[tuple[Checkpoint, int]] = []
        self._too_early = ""
        self._csv = self._rows("record.csv") if "record.csv" in source.names() else None
        self._contents = _contents(source) if "contents.jsonl" in source.names() else None
        self._content = next(self._contents, None) if self._contents else None

    def walk(self, checkpoints: list[Checkpoint]) -> None:
        self.known = sorted(checkpoints, key=lambda c: c.entries)
        waiting = iter(self.known)
        self._next = next(waiting, None)
        for place, line in lines(self.source, "record.jsonl"):
            try:
                link = parse(line)
                if "digest" in link:
                    self._link(place, link, line)
                else:
                    self._other(place, link)
            except DAMAGE as error:
                self.report.find("damaged", f"line {place} of record.jsonl: {shown(error)}")
                self.head = None
            while self._next is not None and self._next.entries <= self.number:
                self._meet(self._next)
                self._next = next(waiting, None)
        self._finish()

    def _other(self, place: int, link: dict[str, Any]) -> None:
        if place == 1 and type(link["number"]) is int and link["number"] >= 0:
            self.start = self.number = link["number"]
            self.head, self.segment = link["head"], True
        elif link["number"] is None:
            text = f"entry {shown(link['entry']['id'])} is in no link (line {place})"
            self.report.find("unlinked", text + ": put there past the chain, or its link was taken")
        else:
            raise ValueError("no link")

    def _link(self, place: int, link: dict[str, Any], line: bytes) -> None:
        number, stated, head = link["number"], link["digest"], link["head"]
        if type(number) is not int or not (HASH.fullmatch(stated) and HASH.fullmatch(head)):
            raise ValueError("no link")
        if number <= self.number:
            if any(number in gap for gap in self._gaps[-SHOWN:]) and number not in self._late:
                self._late.add(number)
                self.report.find("reordered", f"number {number} stands after number {self.number}")
            else:
                self.report.find("duplicate", f"number {number} is there again (line {place})")
            return
        if number > self.number + 1:
            self._gaps.append(range(self.number + 1, number))
            self.head = None
        if self.head is not None and head_after(self.agency, number, stated, self.head) != head:
            if self._loose and self._loose[-1][1] == number - 1:
                self._loose[-1][1] = number
            else:
                self._loose.append([number, number])
        entry = self._entry(place, number, link, line) if "entry" in link else self._withheld()
        if self.keep:
            self.digests += [b""] * (number - self.start - 1 - len(self.digests))
            self.entry_ids.extend([-1] * (len(self.digests) - len(self.entry_ids)))
            self.digests.append(bytes.fromhex(stated))
            self.entry_ids.append(entry)
        self.number, self.head = number, head

    def _withheld(self) -> int:
        self.withheld += 1
        return -1

    def _entry(self, place: int, number: int, link: dict[str, Any], line: bytes) -> int:
        entry, stated = link["entry"], link["digest"]
        if entry is None:
            self.report.find("removed", f"the entry of number {number}; its link is still there")
            return -1
        self.shown += 1
        name = f"entry {shown(entry['id'])} (number {number}, line {place})"
        if not as_written(link, line) and (real := digest("entry", entry)) != stated:
            self._changed.append((number, entry["id"], stated, real, place))
        if entry["agency"] != self.agency:
            self.report.find("mixed", f"{name} belongs to agency {shown(entry['agency'])}")
        if entry["id"] in self.ids:
            self.report.find("duplicate", f"{name}: its id is there again")
        if entry["at"] < self._earliest:
            self.report.find("backdated", f"{name}, at {shown(entry['at'])}: {self._too_early}")
        self.ids.add(entry["id"])
        if self._csv is not None and next(self._csv, None) != csv_cells(number, entry):
            self.report.find("csv", f"record.csv does not say the same of {name}")
            self._csv = None
        if self._content is not None and self._content[0] == entry["id"]:
            if self._content[1] != entry["content"]:
                self.report.find("content", f"of {name} is not what was recorded")
            self._content = next(self._contents, None)  # type: ignore[arg-type]
        self._hand_out(name, entry)
        return int(entry["id"])

    def _hand_out(self, name: str, entry: dict[str, Any]) -> None:
        for value in entry["data"].values():
            if type(value) is str and value in self.documents:
                who, when = shown(entry["actor"]["label"]), shown(entry["at"])
                self.documents[value].append(f"{shown(entry['action'])} {when} by {who}, {name}")

    def _meet(self, checkpoint: Checkpoint) -> None:
        """The chain stands where this checkpoint was taken, or is past it."""
        if checkpoint.entries == self.number and self.head is not None:
            if self.head == checkpoint.document["head"]:
                self._agreed = self.number
            else:
                self._differs.append((checkpoint, self._agreed or self.start))
        at = datetime.strptime(checkpoint.document["at"], TIME) - ACT  # noqa: DTZ007
        if checkpoint.good and (early := at.strftime(TIME)) > self._earliest:
            self._earliest, self._too_early = early, f"too early to be linked after {checkpoint}"

    def _rows(self, name: str) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST)
        with self.source.open(name) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
            rows = csv.reader(text, strict=True)
            if next(rows, None) == CSV_HEADER:
                yield from rows

    def _finish(self) -> None:
        swapped = {stated for _n, _id, stated, _real, _line in self._changed}
        for number, entry, _stated, real, place in self._changed:
            name = f"entry {shown(entry)} (number {number}, line {place})"
            if real in swapped:
                self.report.find("reordered", f"{name} stands where another entry stood")
            else:
                self.report.find("changed", name)
        for gap in self._gaps:
            gone = [n for n in gap if n not in self._late] if len(gap) <= SHOWN else [gap[0]]
            for number in gone:
                last = number if len(gap) <= SHOWN else gap[-1]
                self.report.find("removed", span(number, last) + ": neither link nor entry")
        for first, last in self._loose:
            text = "the link does not follow the one before it: something was changed, removed,"
            self.report.find("broken", f"{span(first, last)}: {text} inserted or reordered there")
        if self._differs:
            checkpoint, agreed = self._differs[0]
            text = f"the chain does not agree with {checkpoint}: something between numbers"
            text += f" {agreed + 1} and {checkpoint.entries} was changed, removed, inserted or"
            self.report.find("rewritten", text + " reordered; an earlier export tells which")
        if self._csv is not None and next(self._csv, None) is not None:
            self.report.find("csv", "record.csv has rows that record.jsonl has not")
        if self._content is not None:
            self.report.find("content", f"there is some of entry {shown(self._content[0])}, which")


def as_written(link: dict[str, Any], line: bytes) -> bool:
    """Whether the very bytes of the entry in this line have the digest: the quick way to a yes.

    With four keys, none of them twice, and these ends, what is in between is the entry alone.
    """
    stated: str = link["digest"]
    begin = f'{{"digest":"{stated}","entry":'.encode()
    end = f',"head":"{link["head"]}","number":{link["number"]}}}\n'.encode()
    if len(link) != 4 or not line.startswith(begin) or not line.endswith(end):
        return False
    return sha256(b"candor entry\n" + line[len(begin) : -len(end)]) == stated


def _contents(source: Any) -> Iterator[tuple[Any, str]]:
    for _place, line in lines(source, "contents.jsonl"):
        value = parse(line)
        yield value["entry"], digest("content", {k: value[k] for k in ("salt", "fields")})


# --- One export ---------------------------------------------------------------------------------


class Export:
    """One ZIP, folder, or whatever gives names and streams of the same files."""

    def __init__(self, source: Any, report: Report) -> None:
        self.source, self.report = source, report
        self.manifest: dict[str, Any] = {}
        self.chain: Optional[Chain] = None
        self.checkpoints: list[Checkpoint] = []
        self.keys: dict[str, Any] = {"keys": [], "changes": []}

    def load(self) -> bool:
        """Manifest, files, keys and checkpoints; whether the record can be looked at."""
        report, names = self.report, Counter(self.source.names())
        for name in (name for name, times in names.items() if times > 1):
            report.find("file there more than once", shown(name))
        try:
            if MANIFEST in names or SIGNATURE in names:
                self._manifest()
            else:
                report.notes.append("There is no manifest: nobody signed this as a whole")
            if "keys.json" in names:
                self.keys = parse(read(self.source, "keys.json"))
            self._checkpoints()
        except DAMAGE as error:
            report.find("damaged", f"{type(error).__name__}: {shown(error)}")
        if "record.jsonl" not in names:
            report.find("damaged", "there is no record.jsonl")
        return "record.jsonl" in names

    def _checkpoints(self) -> None:
        for place, line in lines(self.source, "checkpoints.jsonl"):
            origin = f"line {place} of checkpoints.jsonl"
            try:
                self.checkpoints.append(checkpoint_of(parse(line), origin, False))
            except DAMAGE as error:
                self.report.find("checkpoint", f"{origin} is none: {shown(error)}")

    def _manifest(self) -> None:
        data = read(self.source, MANIFEST)
        signature = json.loads(read(self.source, SIGNATURE), object_pairs_hook=_once)
        manifest = parse(data)
        self.signer = signature["public_key"]
        right = key_id_of(self.signer) == signature["key_id"]
        kind = KINDS[manifest["format"]]
        if not right or not is_signed(kind, data, self.signer, signature["value"]):
            raise ValueError("manifest.json is not what was signed by manifest.sig.json")
        self.manifest = manifest
        whom = f"made {shown(manifest['made_at'])} by {shown(manifest['made_by'])}"
        self.report.notes.append(f"{whom}, signed with the public key {self.signer}")
        self._files()
        if manifest["format"] == "candor-disclosure" and not self.report.findings:
            self.report.notes.append(f"search {shown(manifest['search'])}")
            for problem in check_disclosure(self.source, manifest, self.signer):
                self.report.find("bundle", problem)
            for name in manifest["unreadable"]:
                text = "was not readable when the bundle was made: " + shown(name)
                self.report.notes.append(text)

    def _files(self) -> None:
        """Every difference between the files and the signed list."""
        there = set(self.source.names())
        listed = {one["path"]: one for one in self.manifest["files"]}
        for name, one in listed.items():
            if name not in there:
                self.report.find("file missing", shown(name))
            else:
                self._file(name, one)
        for name in sorted(there):
            if name not in listed and name not in (MANIFEST, SIGNATURE):
                self.report.find("file extra", shown(name))

    def _file(self, name: str, one: dict[str, Any]) -> None:
        try:
            found = fingerprint(self.source, name)
        except DAMAGE as error:
            self.report.find("file changed", f"{shown(name)} cannot be read: {shown(error)}")
            return
        if found != (one["bytes"], one["sha256"]):
            self.report.find("file changed", shown(name))

    def agency(self, outside: list[Checkpoint]) -> Optional[int]:
        """Whose record this says it is."""
        if "agency" in self.manifest:
            said = self.manifest["agency"]
            return said["id"] if isinstance(said, dict) else said  # type: ignore[no-any-return]
        for checkpoint in [*self.checkpoints, *outside]:
            return checkpoint.agency
        for _place, line in lines(self.source, "record.jsonl"):
            if b'"entry"' in line:
                return parse(line)["entry"]["agency"]  # type: ignore[no-any-return]
        return None

    def check(self, outside: list[Checkpoint], trust: Trust, keep: bool, wanted: list[str]) -> None:
        """Everything about the record itself; after `load` and after the keys were learned."""
        report = self.report
        if self.manifest and not self._trusted(trust):
            report.find(
                "key", f"the export is signed by {shown(self.signer)}, which nobody trusted"
            )
        chain = Chain(self.source, self.agency(outside), report, keep)
        self.chain, chain.documents = chain, {one: [] for one in wanted}
        for one in [*self.checkpoints, *outside]:
            if one.agency != chain.agency:
                report.find("mixed", f"{one} is of the record of agency {one.agency}")
        known = [c for c in [*self.checkpoints, *outside] if c.agency == chain.agency]
        chain.walk(known)
        check_signatures(known, trust, report, bool(self.manifest) and self._trusted(trust))
        check_sequence(known, report, not chain.segment)
        self._published(outside)
        self._ends(known)
        self._tell()

    def _trusted(self, trust: Trust) -> bool:
        return key_id_of(self.signer) in trust.ids

    def _old(self, one: Checkpoint) -> bool:
        """Whether this export was made before that checkpoint, and so cannot have it."""
        return bool(self.manifest) and one.outside and self._made() < one.document["at"]

    def _made(self) -> str:
        return str(self.manifest["made_at"])

    def _published(self, outside: list[Checkpoint]) -> None:
        inside = {c.number: c for c in self.checkpoints}
        for one in outside:
            mine = inside.get(one.number)
            if mine is not None and mine.document != one.document:
                self.report.find("checkpoint", f"{mine} is another than {one}")
            elif mine is None and not self.chain.segment and not self._old(one):  # type: ignore[union-attr]
                self.report.find("checkpoint", f"{one} was taken out of the export")

    def _ends(self, known: list[Checkpoint]) -> None:
        """Nothing may be missing at the end, and at the end stands a checkpoint."""
        chain, report = self.chain, self.report
        assert chain is not None  # noqa: S101
        last = max(known, key=lambda c: c.entries, default=None)
        if chain.number == 0 and last is None:
            report.notes.append("the record is empty")
        elif last is None or last.entries <= chain.start:
            report.find("uncovered", "no checkpoint covers any of this: it proves nothing")
        elif last.entries > chain.number and not chain.segment and not self._old(last):
            gone = span(chain.number + 1, last.entries)
            report.find("truncated", f"{gone}: {last} covers them, and they are not there")
        elif chain.segment and not any(chain.start < c.entries == chain.number for c in known):
            report.find("uncovered", f"no checkpoint is at the last number, {chain.number}")
        for one in known:
            if one.outside and (one.entries > chain.number or one.entries <= chain.start):
                report.notes.append(f"NOT COMPARED with {one}: this export does not reach it")

    def _tell(self) -> None:
        chain = self.chain
        assert chain is not None  # noqa: S101
        whose = "the platform" if chain.agency is None else f"agency {chain.agency}"
        text = f"record of {whose}: {span(chain.start + 1, chain.number)}; {chain.shown} entries"
        self.report.notes.append(f"{text} shown, {chain.withheld} withheld")
        if self.manifest.get("complete") and chain.withheld:
            self.report.find("removed", f"{chain.withheld} entries, of an export of all entries")
        if self.manifest.get("entries", chain.number) != chain.number:
            self.report.find("truncated", f"the export was of {self.manifest['entries']} entries")
        covered = max((c.entries for c in chain.known if c.entries <= chain.number), default=0)
        if covered < chain.number:
            text = "after the last checkpoint, and not protected yet"
            self.report.notes.append(f"{span(covered + 1, chain.number)}: {text}")


# --- The disclosure bundle of a search ----------------------------------------------------------


def check_disclosure(source: Any, manifest: dict[str, Any], signer: str) -> Iterator[str]:
    """Whether the parts belong together: token, pictures and record are of this search."""
    try:
        search = _loads(source, "search.json")
        if search["id"] != manifest["search"]:
            yield "search.json is of another search"
        if "token.json" in source.names():
            yield from _check_token(source, search)
        for one in _loads(source, "candidates.json"):
            path = one["image"]["path"]
            if path and fingerprint(source, path)[1] != one["image"]["sha256"]:
                yield shown(path) + " is not the picture that was enrolled"
        if not any(search["id"].encode() in line for _, line in lines(source, "record.jsonl")):
            yield "record.jsonl is of another search"
    except DAMAGE as error:
        yield f"the parts do not belong together: {type(error).__name__}: {shown(error)}"


def _loads(source: Any, name: str) -> Any:
    return json.loads(read(source, name), object_pairs_hook=_once)


def _check_token(source: Any, search: dict[str, Any]) -> Iterator[str]:
    """Whether the sealed token permitted this very search of this very picture."""
    data, signature = read(source, "token.json"), _loads(source, "token.sig.json")
    key = signature["public_key"]
    if key_id_of(key) != signature["key_id"] or not is_signed(
        "authorization", data, key, signature["value"]
    ):
        yield "token.json is not what was signed"
    sealed, probe = json.loads(data), search["probe"]
    edits = {edit["id"]: edit["sha256"] for edit in probe["edits"]}
    searched = edits[probe["current_edit"]] if probe["current_edit"] else probe["sha256"]
    permitted = sealed["probe"]
    if (sealed["search"], permitted["original_sha256"]) != (search["id"], probe["sha256"]):
        yield "token.json is of another search or picture"
    if permitted["searched_sha256"] != searched:
        yield "token.json permits another picture than the one that was searched with"


# --- Two exports of one record ------------------------------------------------------------------


def compare(earlier: Chain, later: Chain, name: str, report: Report) -> None:
    """Name every entry that is in one of two exports and not in the other, or elsewhere in it."""
    if later.number and earlier.number and earlier.agency != later.agency:
        report.find("mixed", f"{shown(name)} is of another record")
        return
    start, end = max(earlier.start, later.start), min(earlier.number, later.number)
    both = range(start + 1, end + 1)
    first = next((n for n in both if _at(earlier, n)[0] != _at(later, n)[0]), end + 1)
    if first > end and (end == earlier.number or later.segment):
        return
    old = {n: at for n in range(first, earlier.number + 1) if (at := _at(earlier, n))[0]}
    new = {n: at for n in range(first, later.number + 1) if (at := _at(later, n))[0]}
    was, now = {d: n for n, (d, _) in old.items()}, {d: n for n, (d, _) in new.items()}
    ids_before = {entry: n for n, (_, entry) in old.items() if entry >= 0}
    ids_now = {entry: n for n, (_, entry) in new.items() if entry >= 0}
    kept = [d for d in was if d in now]
    reach = max((now[d] for d in kept), default=0)  # what follows it may be honestly new
    for number, (one, entry) in old.items():
        if one in now or (later.segment and number > later.number):
            continue
        kind = "changed" if entry in ids_now else "removed"
        report.find(kind, f"{_called(entry, number)} in {shown(name)}, and not so here")
    for number, (one, entry) in new.items():
        if one not in was and number < reach and entry not in ids_before:
            report.find("inserted", f"{_called(entry, number)}: not in {shown(name)}")
    for d in (d for d, place in zip(kept, sorted(now[k] for k in kept)) if now[d] != place):  # noqa: B905
        text = f"number {was[d]} in {shown(name)} and number {now[d]} here"
        report.find("reordered", f"{_called(old[was[d]][1], now[d])}: {text}")


def _at(chain: Chain, number: int) -> tuple[bytes, int]:
    """Digest and id of an entry; empty where there is none, -1 where it is withheld."""
    place = number - chain.start - 1
    there = 0 <= place < len(chain.digests)
    return (chain.digests[place], chain.entry_ids[place]) if there else (b"", -1)


def _called(entry: int, number: int) -> str:
    return f"number {number} (withheld)" if entry < 0 else f"entry {entry} (number {number})"


# --- The command --------------------------------------------------------------------------------


def opened(path: Path) -> Union[Folder, Archive]:
    return Folder(path) if path.is_dir() else Archive(path)


def verify(
    sources: list[tuple[str, Any]],
    keys: Iterable[str] = (),
    outside: Iterable[Checkpoint] = (),
    documents: Iterable[tuple[str, str]] = (),
) -> list[Report]:
    """Check exports (name and source) of one record; `documents` are names and their SHA-256."""
    trust, published, wanted = Trust(keys), list(outside), dict(documents)
    exports = [Export(source, Report(name)) for name, source in sources]
    ready = [one for one in exports if one.load()]
    for known in [*published, *(c for export in ready for c in export.checkpoints)]:
        trust.keys.setdefault(known.key_id if known.good else "", known.public_key)
    for export in exports:
        try:
            trust.learn(export.keys, export.report)
        except DAMAGE as error:
            export.report.find("damaged", f"keys.json: {shown(error)}")
    if not trust.given:
        _trust_the_first(trust, published, ready)
    for one in ready:
        try:
            one.check(published, trust, len(ready) > 1, list(wanted.values()))
        except DAMAGE as error:
            one.report.find("damaged", f"{type(error).__name__}: {shown(error)}")
    walked = [one for one in ready if one.chain is not None]
    walked.sort(key=lambda one: str(one.manifest.get("made_at", "")))
    for place, one in enumerate(walked):
        for later in walked[place + 1 :]:
            compare(one.chain, later.chain, one.report.name, later.report)  # type: ignore[arg-type]
    _compared(published, walked)
    _look_up(wanted, walked)
    return [one.report for one in exports]


def _trust_the_first(trust: Trust, published: list[Checkpoint], ready: list[Export]) -> None:
    inside = [c for one in ready for c in one.checkpoints]
    first = min(published or inside, key=lambda c: c.number, default=None)
    for one in ready:
        text = "NO --key was given: the signatures are those of the key of the first checkpoint"
        one.report.notes.append(text + ", whoever has that")
    if first is not None:
        trust.start_with(first.key_id)
    else:
        for one in ready:
            if one.manifest:
                trust.start_with(key_id_of(one.signer))


def _compared(published: list[Checkpoint], walked: list[Export]) -> None:
    """A checkpoint that no export reaches was given for nothing; that may not look like an OK."""
    for one in published:
        reached = any(e.chain.start < one.entries <= e.chain.number for e in walked)  # type: ignore[union-attr]
        if walked and not reached and not any(e.report.findings for e in walked):
            walked[-1].report.find("uncovered", f"no export reaches {one}: ask for a newer one")


def _look_up(wanted: dict[str, str], walked: list[Export]) -> None:
    for name, fingerprint in wanted.items():
        told = [t for one in walked for t in one.chain.documents[fingerprint]]  # type: ignore[union-attr]
        for one in walked[:1]:
            for text in told:
                one.report.notes.append(f"document {shown(name)}: {text}")
            if not told:
                withheld = any(e.chain.withheld for e in walked)  # type: ignore[union-attr]
                which = "among the entries that are shown" if withheld else "in this record"
                one.report.find("unknown document", f"{shown(name)} is not {which}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks exports of the record of Candor.")
    parser.add_argument("export", nargs="*", type=Path, help="default: where this script lies")
    parser.add_argument("--checkpoint", action="append", type=Path, default=[], metavar="FILE")
    parser.add_argument("--key", action="append", default=[], metavar="BASE64")
    parser.add_argument("--document", action="append", type=Path, default=[], metavar="FILE")
    given = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        paths = given.export or [Path(__file__).resolve().parent]
        sources = [(str(path), opened(path)) for path in paths]
        read_in = [
            c for path in given.checkpoint for c in checkpoints_in(path.read_bytes(), str(path))
        ]
        documents = [(str(path), sha256(path.read_bytes())) for path in given.document]
        reports = verify(sources, given.key, read_in, documents)
    except DAMAGE as error:
        print(f"cannot be read: {type(error).__name__}: {shown(error)}")
        return 1
    for report in reports:
        print("== " + shown(report.name), *report.lines(), sep="\n")
    return 1 if any(report.findings for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
