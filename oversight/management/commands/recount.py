"""manage.py recount: counts an exported record again, and compares it with a report."""

import json
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oversight.transparency.counting import count
from oversight.transparency.entries import IncompleteExport, exported
from oversight.transparency.periods import Period
from oversight.transparency.suppressing import internal_tables, public_tables

MEMBER = "record.jsonl"


class Command(BaseCommand):
    help = (
        "Count the entries of an exported record again. Needs no database. With --report, compare"
        " the numbers with those of a report's JSON file, in full or as it was published."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--export", type=Path, required=True, help=f"ZIP with {MEMBER}, or it")
        parser.add_argument("--report", type=Path, help="JSON of the report; gives period and zone")
        parser.add_argument("--from", dest="first", type=date.fromisoformat)
        parser.add_argument("--to", dest="last", type=date.fromisoformat)
        parser.add_argument("--zone", default="UTC", help="time zone of the days")

    def handle(self, *args: Any, **options: Any) -> None:
        report = _document(options["report"]) if options["report"] else None
        period, zone = _asked(report, options)
        upto = report["record"]["entries"] if report else None
        try:
            tables = count(exported(_lines(options["export"]), upto), period, zone)
        except IncompleteExport as incomplete:
            raise CommandError(f"{incomplete}: the whole record is needed") from incomplete
        if report is None:
            self.stdout.write(json.dumps(internal_tables(tables), indent=1))
            return
        is_public = report["audience"] == "public"
        found = public_tables(tables) if is_public else internal_tables(tables)
        differing = _differing(report["tables"], found)
        if differing:
            raise CommandError(f"the report is not what the record says: {', '.join(differing)}")
        self.stdout.write(f"{len(found)} tables are what the record says")


def _document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    inner: dict[str, Any] = found.get("document", found)
    return inner


def _asked(report: dict[str, Any] | None, options: dict[str, Any]) -> tuple[Period, str]:
    if report is not None:
        days = report["period"]
        first, last = date.fromisoformat(days["from"]), date.fromisoformat(days["to"])
        return Period(first, last), days["zone"]
    if not options["first"] or not options["last"]:
        raise CommandError("--from and --to are needed without --report")
    return Period(options["first"], options["last"]), options["zone"]


def _lines(export: Path) -> Iterator[bytes]:
    """The lines of the record, wherever in the export it lies."""
    if not zipfile.is_zipfile(export):
        yield from export.read_bytes().splitlines()
        return
    with zipfile.ZipFile(export) as archive:
        names = [name for name in archive.namelist() if Path(name).name == MEMBER]
        if len(names) != 1:
            raise CommandError(f"{export} has no {MEMBER}")
        with archive.open(names[0]) as file:
            yield from file


def _differing(stated: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    """Names of the tables that are not the same."""
    one, other = ({table["key"]: table for table in tables} for tables in (stated, found))
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
