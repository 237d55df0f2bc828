"""Entries of the record for counting: from the database, and from exported lines."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from oversight.transparency.periods import Period
from oversight.transparency.rules import is_counted

Entry = dict[str, Any]


def exported(lines: Iterable[str | bytes]) -> Iterator[Entry]:
    """The entries in the lines of a record.jsonl.

    A line is an entry document, or an object that has it under "entry" beside its link.
    """
    for line in lines:
        if line.strip():
            found = json.loads(line)
            inner = found.get("entry")
            yield inner if isinstance(inner, dict) else found


def relevant(entries: Iterable[Entry], period: Period, zone: str) -> Iterator[Entry]:
    """Those that a report of the period can depend on."""
    end = period.bounds(zone)[1]
    return (entry for entry in entries if is_counted(entry["action"]) and entry["at"] < end)
