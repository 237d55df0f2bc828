"""The entries in the lines of an exported record.jsonl (docs/record.md)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

Entry = dict[str, Any]


class IncompleteExport(ValueError):
    """A link of the chain comes without its entry, so that nothing can be counted from it."""


def exported(lines: Iterable[str | bytes], upto: int | None = None) -> Iterator[Entry]:
    """The linked entries, up to a number in the chain when one is given.

    A line is an entry document, or an object that has it under "entry" beside its link. Raises
    IncompleteExport for a link without its entry: the export holds a part of the record only.
    """
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = json.loads(line)
        if "action" in found:
            yield found
            continue
        number, inner = found.get("number"), found.get("entry")
        if number is None or (upto is not None and number > upto):
            continue
        if not isinstance(inner, dict):
            raise IncompleteExport(f"line {place} has a link and no entry")
        yield inner
