"""Manifests: CSV or JSON lines that say of each file whose it is and where it comes from."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from searches.faults import Fault

COLUMNS = ("subject", "file", "register", "collected_on", "expires_on")
NEEDED = ("subject", "file")
_DELIMITERS = ",;\t"
_LONGEST_VALUE = 1000


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """What one line says, as texts; `code` when it cannot be read."""

    number: int
    values: dict[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The lines, and the names of columns that mean nothing here."""

    lines: list[ManifestLine]
    unknown: list[str]


def read_manifest(data: bytes, name: str, most: int) -> Manifest:
    """Raises Fault: manifest_unreadable, manifest_column_missing, archive_too_many_files."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault("manifest_unreadable") from error
    lines, unknown = [], dict[str, None]()
    for line, others in _json(text) if name.lower().endswith(".jsonl") else _csv(text):
        lines.append(line)
        unknown |= dict.fromkeys(others)
        if len(lines) > most:
            raise Fault("archive_too_many_files")
    if not lines:
        raise Fault("manifest_empty")
    return Manifest(lines, list(unknown))


def _csv(text: str) -> Iterator[tuple[ManifestLine, list[str]]]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        if not set(NEEDED) <= set(header) or len(set(header)) < len(header):
            raise Fault("manifest_column_missing")
        unknown = [name for name in header if name not in COLUMNS]
        for row in rows:
            if not any(value.strip() for value in row):
                continue
            if len(row) != len(header):
                yield ManifestLine(rows.line_num, code="manifest_line_unreadable"), []
                continue
            yield _line(rows.line_num, dict(zip(header, row, strict=True))), unknown
    except csv.Error as error:
        raise Fault("manifest_unreadable") from error


def _json(text: str) -> Iterator[tuple[ManifestLine, list[str]]]:
    for number, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            values = json.loads(written)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            yield ManifestLine(number, code="manifest_line_unreadable"), []
            continue
        yield _line(number, values), [str(name) for name in values if name not in COLUMNS]


def _line(number: int, values: dict[str, Any]) -> ManifestLine:
    """Known values as texts; a line with others than texts and nulls cannot be read."""
    known = {name: values.get(name) for name in COLUMNS}
    texts = {name: "" if value is None else value for name, value in known.items()}
    if any(not isinstance(text, str) or len(text) > _LONGEST_VALUE for text in texts.values()):
        return ManifestLine(number, code="manifest_line_unreadable")
    return ManifestLine(number, {name: str(text).strip() for name, text in texts.items()})
