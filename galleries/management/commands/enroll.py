"""Enrol a folder of pictures into a gallery: a subject per sub-folder or file, or by a manifest."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.actor import Actor
from accounts.commands import AgencyCommand
from accounts.purposes import SourceKind
from galleries.folder_list import FolderList, list_by_manifest
from searches.bulk import Summary, enrol_folder, walk
from searches.faults import Fault
from searches.models import Gallery, SourceRegister
from searches.services.galleries import create_gallery
from searches.services.registers import add_register, add_source


class Command(AgencyCommand):
    help = "Enrol a folder of pictures; run it again to go on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--gallery", required=True, metavar="NAME", help="made when it is new")
        parser.add_argument("--source", required=True, metavar="TEXT", help="the source register")
        parser.add_argument(
            "--kind",
            choices=SourceKind.values,
            default=SourceKind.OTHER_LAWFUL_REGISTER.value,
            help="of source, of a new gallery (default: %(default)s)",
        )
        parser.add_argument("--basis", required=True, metavar="TEXT", help="the legal basis")
        parser.add_argument(
            "--collected-on",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="when the pictures were collected (default: each file's date)",
        )
        parser.add_argument(
            "--manifest",
            type=Path,
            metavar="FILE",
            help="CSV or JSON lines with subject, file, register, collected_on, expires_on",
        )
        parser.add_argument("--retention-days", type=int, default=1095, help="of a new gallery")
        parser.add_argument("--processes", type=int, default=settings.WORKERS)
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")
        parser.add_argument("folder", type=Path)

    def work(self, actor: Actor, **options: Any) -> None:
        source, basis = options["source"].strip(), options["basis"].strip()
        if not source or not basis:
            raise CommandError("--source and --basis must say something: no gallery without them")
        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is not a folder")
        if options["processes"] < 1:
            raise CommandError("--processes must be at least 1")
        gallery = self._gallery(actor, source, basis, options)
        register = self._register(actor, gallery, source, basis)
        listed = self._listed(gallery, options)
        with tqdm(total=len(listed.files), unit="file", disable=not sys.stderr.isatty()) as bar:
            summary = enrol_folder(
                actor=actor,
                gallery=gallery,
                files=listed.files,
                provenance_of=lambda path: listed.provenance_of(
                    path, register, options["collected_on"]
                ),
                processes=options["processes"],
                progress=lambda so_far: _show(bar, so_far),
            )
        summary.rejected[:0] = listed.rejected
        files = len(listed.files) + len(listed.rejected)
        self._print(gallery, files, summary, as_json=options["json"])

    def _listed(self, gallery: Gallery, options: dict[str, Any]) -> FolderList:
        folder, manifest = options["folder"], options["manifest"]
        if manifest is None:
            return FolderList(walk(folder))
        try:
            return list_by_manifest(gallery, folder, manifest)
        except (OSError, Fault) as error:
            raise CommandError(f"{manifest}: {getattr(error, 'message', error)}") from error

    def _gallery(self, actor: Actor, source: str, basis: str, options: dict[str, Any]) -> Gallery:
        found = Gallery.objects.filter(name=options["gallery"].strip()).first()
        if found is not None:
            return found
        try:
            return create_gallery(
                actor=actor,
                name=options["gallery"],
                source=source,
                source_kind=options["kind"],
                legal_basis=basis,
                retention_days=options["retention_days"],
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error

    def _register(self, actor: Actor, gallery: Gallery, source: str, basis: str) -> SourceRegister:
        """The register of that name, added and let into the gallery when it is new."""
        register = SourceRegister.objects.filter(name=source).first() or add_register(
            actor=actor, name=source, kind=gallery.source_kind, legal_basis=basis
        )
        try:
            add_source(actor=actor, gallery=gallery, register=register)
        except Fault as fault:
            raise CommandError(str(fault.message)) from fault
        return register

    def _print(self, gallery: Gallery, files: int, summary: Summary, *, as_json: bool) -> None:
        rejected = [
            {"file": r.path, "subject": r.reference, "code": r.code, "reason": r.message}
            for r in summary.rejected
        ]
        if as_json:
            counts = {"enrolled": summary.enrolled, "already_enrolled": summary.already}
            counts["held_for_review"] = summary.held
            out = {"gallery": gallery.name, "files": files, **counts, "rejected": rejected}
            self.stdout.write(json.dumps(out, indent=2))
            return
        for row in rejected:
            self.stdout.write(f"rejected  {row['file']}  {row['code']}: {row['reason']}")
        self.stdout.write(
            f"{gallery.name}: {summary.enrolled} enrolled, {summary.already} already there,"
            f" {summary.held} held for review, {len(rejected)} rejected of {files} files"
        )


def _show(bar: "tqdm[Any]", summary: Summary) -> None:
    done = summary.enrolled + summary.already + summary.held + len(summary.rejected)
    bar.update(done - bar.n)
