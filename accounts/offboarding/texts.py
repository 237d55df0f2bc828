"""Sealed texts in clear, for an export that only its agency can open."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.offboarding.registry import Text, texts_of
from portal.keys import KeyProblem
from portal.storage import FileStore

UNREADABLE = "unreadable_texts"


def in_clear(table: str, files: FileStore, lines: Iterable[str]) -> Iterable[str]:
    """Rows of a table as JSON texts, with what they have of sealed texts readable."""
    texts = texts_of(table)
    if not texts:
        return lines
    return (json.dumps(_opened(json.loads(line), texts, files)) for line in lines)


def _opened(row: dict[str, Any], texts: Mapping[str, Text], files: FileStore) -> dict[str, Any]:
    """A text that cannot be opened is null and named: it must not keep the rest from its owner."""
    for column, (name, identity) in texts.items():
        sealed = bytes.fromhex(row.pop(column).removeprefix("\\x"))
        try:
            row[name] = files.unseal_text(sealed, identity(row["id"])) if sealed else ""
        except KeyProblem:
            row[name] = None
            row.setdefault(UNREADABLE, []).append(name)
    return row
