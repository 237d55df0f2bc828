"""What is sealed in rows, in clear, for an export that only its agency can open."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.offboarding.registry import Sealed, sealed_of
from portal.keys import KeyProblem
from portal.storage import FileStore

UNREADABLE = "unreadable_texts"


def in_clear(table: str, files: FileStore, lines: Iterable[str]) -> Iterable[str]:
    """Rows of a table as JSON texts, with what they have of sealed texts readable."""
    sealed = sealed_of(table)
    if not sealed:
        return lines
    return (json.dumps(_opened(json.loads(line), sealed, files)) for line in lines)


def _opened(row: dict[str, Any], sealed: Mapping[str, Sealed], files: FileStore) -> dict[str, Any]:
    """A text that cannot be opened is null and named: it must not keep the rest from its owner."""
    for column, one in sealed.items():
        try:
            row[one.name] = _clear(one, row, column, files)
        except KeyProblem:
            row[one.name] = None
            row.setdefault(UNREADABLE, []).append(one.name)
    return row


def _clear(one: Sealed, row: dict[str, Any], column: str, files: FileStore) -> str:
    held = bytes.fromhex(row.pop(column).removeprefix("\\x"))
    if not held:
        return ""
    identity = one.identity(row["id"])
    if one.is_text:
        return files.unseal_text(held, identity)
    return b64encode(files.unseal_bytes(held, identity)).decode("ascii")
