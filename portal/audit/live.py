"""The record in the database as candor_verify reads an export: `manage.py verify_record`."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from portal import signing
from portal.audit import candor_verify
from portal.audit.extracting import Extract, checkpoint_lines
from portal.audit.keyring import keys_document
from portal.audit.linking import scope_of
from portal.audit.models import Checkpoint

TO_THE_END = 2**62


class Live:
    """Names and streams like those of an export, of what the tables hold now."""

    def __init__(self, agency_id: int | None) -> None:
        self.extract = Extract(agency_id, 0, TO_THE_END)

    def names(self) -> list[str]:
        return ["record.jsonl", "checkpoints.jsonl", "contents.jsonl", "keys.json"]

    def open(self, name: str) -> Any:
        if name == "record.jsonl":
            return _Lines(self.extract.record_lines())
        if name == "contents.jsonl":
            return _Lines(self.extract.content_lines())
        if name == "keys.json":
            return BytesIO(json.dumps(keys_document()).encode())
        with scope_of(self.extract.agency_id):
            found = Checkpoint.objects.filter(agency_id=self.extract.agency_id)
            return BytesIO(checkpoint_lines(list(found.order_by("number"))))


class _Lines:
    """A stream of lines over parts that are made one after the other."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._lines = (line for part in parts for line in part.splitlines(keepends=True))

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is open."""

    def readline(self, _limit: int) -> bytes:
        return next(self._lines, b"")


def verify_live(
    agency_id: int | None, name: str, outside: list[candor_verify.Checkpoint] | None = None
) -> candor_verify.Report:
    """Check one chain of this installation by its own key, and against checkpoints if given."""
    sources = [(name, Live(agency_id))]
    (report,) = candor_verify.verify(sources, [signing.public_key_text()], outside or [])
    return report
