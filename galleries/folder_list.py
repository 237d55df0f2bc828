"""The files of a folder that `manage.py enroll` takes: all of them, or those a manifest names."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings

from galleries.archives.manifest import ManifestLine, read_manifest
from galleries.archives.naming import check_name, tidy
from galleries.services.imports.listing import Registers, Said, judged, shown
from searches.bulk import Found, Rejected
from searches.faults import Fault
from searches.models import Gallery, SourceRegister
from searches.services.enrolment import Provenance


@dataclass(slots=True)
class FolderList:
    """Files in their order, what was said of them, and lines that are not gone by."""

    files: list[Found]
    said: dict[Path, Said] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    def provenance_of(
        self, path: Path, register: SourceRegister, collected_on: date | None
    ) -> Provenance:
        """What the manifest says; else the register of the command, and its day or the file's."""
        said = self.said.get(path)
        if said is None:
            return Provenance(register, collected_on or _date_of(path))
        day = said.collected_on or collected_on or _date_of(path)
        return Provenance(said.register or register, day, said.expires_on)


def list_by_manifest(gallery: Gallery, folder: Path, manifest: Path) -> FolderList:
    """What a manifest says of the files below `folder`. Raises OSError or Fault for all of it."""
    read = read_manifest(manifest.read_bytes(), manifest.name, settings.IMPORT_MAX_FILES)
    listed, registers = FolderList([]), Registers(gallery)
    for column in read.unknown:
        _reject(listed, shown(column), Fault("manifest_column_unknown"))
    for line in read.lines:
        try:
            _take(listed, folder, line, registers)
        except Fault as fault:
            _reject(listed, shown(line.values.get("file", f"#{line.number}")), fault)
    return listed


def _take(listed: FolderList, folder: Path, line: ManifestLine, registers: Registers) -> None:
    said = judged(line, registers)
    name = tidy(line.values["file"])
    check_name(name)  # nothing outside the folder, whatever the manifest says
    path = folder / name
    if path in listed.said:
        raise Fault("manifest_file_twice")
    if not path.is_symlink() and not path.exists():
        raise Fault("manifest_file_missing")
    listed.said[path] = said
    listed.files.append(Found(path, said.reference))


def _reject(listed: FolderList, name: str, fault: Fault) -> None:
    listed.rejected.append(Rejected(name, "", fault.code, fault.message))


def _date_of(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
