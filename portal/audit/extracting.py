"""The lines of an export of the record, as docs/record.md describes them, read batch by batch."""

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from portal.audit import candor_verify
from portal.audit.canonical import document_of
from portal.audit.contents import open_content
from portal.audit.handing_out import checkpoint_json
from portal.audit.linking import scope_of
from portal.audit.models import AuditEntry, AuditLink, Checkpoint
from portal.keys import KeyProblem

ROWS = 1000


class Row(NamedTuple):
    """A link and its entry; `entry` is None when it is gone, and only `shown` ones are given."""

    number: int
    digest: str
    head: str
    entry: AuditEntry | None
    shown: bool


class Extract(NamedTuple):
    """Part of one chain: the links after `after` up to `last`, and the entries that are chosen."""

    agency_id: int | None
    after: int
    last: int
    chosen: Q | None = None

    def batches(self) -> Iterator[list[Row]]:
        """All rows; no transaction stays open between two batches."""
        number = self.after
        while number < self.last:
            with transaction.atomic(), scope_of(self.agency_id):
                rows = self._batch(number)
            if not rows:
                return
            yield rows
            number = rows[-1].number

    def _batch(self, after: int) -> list[Row]:
        links = AuditLink.objects.filter(
            agency_id=self.agency_id, number__gt=after, number__lte=self.last
        )
        found = list(
            links.order_by("number").values_list("number", "digest", "head", "entry_id")[:ROWS]
        )
        mine = AuditEntry.objects.filter(agency_id=self.agency_id, pk__in=[row[3] for row in found])
        entries = mine.in_bulk()
        chosen = set(entries)
        if self.chosen is not None:
            chosen = set(mine.filter(self.chosen).order_by().values_list("pk", flat=True))
        return [
            Row(number, digest, head, entries.get(pk), pk not in entries or pk in chosen)
            for number, digest, head, pk in found
        ]

    def record_lines(self) -> Iterator[bytes]:
        """One part a batch; links first, then entries that are in no link and wait for none."""
        if self.after:
            yield _line({"number": self.after, "head": self._head_before()})
        for rows in self.batches():
            yield b"".join(map(_link_line, rows))
        if not self.after:
            yield b"".join(self._unlinked())

    def csv_lines(self) -> Iterator[bytes]:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(candor_verify.CSV_HEADER)
        for rows in self.batches():
            for row in rows:
                if row.shown and row.entry is not None:
                    writer.writerow(candor_verify.csv_cells(row.number, document_of(row.entry)))
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
        yield text.getvalue().encode()

    def content_lines(self) -> Iterator[bytes]:
        """What was written about the entries that are shown, as far as it was not destroyed."""
        for rows in self.batches():
            with transaction.atomic(), scope_of(self.agency_id):
                lines = [_content_line(row.entry) for row in rows if row.shown and row.entry]
            yield b"".join(lines)

    def _head_before(self) -> str:
        with scope_of(self.agency_id):
            link = AuditLink.objects.get(agency_id=self.agency_id, number=self.after)
        return link.head

    def _unlinked(self) -> Iterator[bytes]:
        with transaction.atomic(), scope_of(self.agency_id):
            loose = AuditEntry.objects.filter(
                agency_id=self.agency_id, link__isnull=True, pending__isnull=True
            )
            if self.chosen is not None:
                loose = loose.filter(self.chosen)
            for entry in loose.order_by("id")[:ROWS]:
                yield _line({"number": None, "entry": document_of(entry)})


def checkpoint_lines(checkpoints: list[Checkpoint]) -> bytes:
    return b"".join(map(_checkpoint_line, checkpoints))


def _checkpoint_line(checkpoint: Checkpoint) -> bytes:
    try:
        return _line(checkpoint_json(checkpoint))
    except ValueError:  # somebody changed the row; whoever verifies is to see it
        return _line({"document": checkpoint.document})


def _link_line(row: Row) -> bytes:
    value: dict[str, Any] = {"number": row.number, "head": row.head, "digest": row.digest}
    if row.shown:
        value["entry"] = None if row.entry is None else document_of(row.entry)
    return _line(value)


def _content_line(entry: AuditEntry) -> bytes:
    if not entry.content_digest:
        return b""
    try:
        content = open_content(entry)
    except (KeyProblem, ValueError):  # not what was recorded: the verifier names it
        content = {"salt": "", "fields": {}}
    return b"" if content is None else _line({"entry": entry.pk, **content})


def _line(value: dict[str, Any]) -> bytes:
    return candor_verify.canonical(value) + b"\n"
