"""What an upload holds, as lines of the report: from the archive's directory and the manifest."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings
from django.utils import timezone

from galleries.archives.directory import Member, members
from galleries.archives.manifest import Manifest, ManifestLine
from galleries.archives.naming import (
    MANIFESTS,
    check_name,
    common_folder,
    is_passed_over,
    reference_of,
    tidy,
)
from galleries.archives.source import Source
from galleries.models.imports import MAX_NAME
from searches.faults import Fault
from searches.models import Gallery, SourceRegister
from searches.services.enrolment import clean_reference
from searches.services.registers import require_source

FLAT_BYTES = 100 * 2**20  # may always be unpacked, however small the upload is


@dataclass(frozen=True, slots=True)
class Said:
    """What a line of a manifest says of its file, judged."""

    reference: str
    register: SourceRegister | None
    collected_on: date | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a file with what is known of it, or with the code of why it is not taken."""

    name: str
    reference: str = ""
    register: SourceRegister | None = None
    collected_on: date | None = None
    expires_on: date | None = None
    member: Member | None = None
    code: str = ""


class Registers:
    """Registers that a manifest names, each looked up and judged once."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._known: dict[str, SourceRegister | Fault] = {}

    def named(self, name: str) -> SourceRegister:
        """Raise Fault unless the gallery takes pictures from the register of this name."""
        if name not in self._known:
            self._known[name] = self._look_up(name)
        found = self._known[name]
        if isinstance(found, Fault):
            raise Fault(found.code)
        return found

    def _look_up(self, name: str) -> SourceRegister | Fault:
        register = SourceRegister.objects.filter(name=name).first()
        if register is None:
            return Fault("manifest_register_unknown")
        try:
            require_source(self._gallery, register)
        except Fault as fault:
            return fault
        return register


def files_in(source: Source) -> Iterator[Member]:
    """The entries that are looked at, with tidy names. Raises Fault for an archive as a whole.

    No more is unpacked than a plausible archive of pictures holds.
    """
    total, most = 0, settings.IMPORT_MAX_FILES
    allowed = min(settings.IMPORT_MAX_BYTES, FLAT_BYTES + settings.IMPORT_MAX_RATIO * source.size)
    for member in members(source, most):
        member = replace(member, name=tidy(member.name))
        total += member.size
        if total > allowed:
            raise Fault("archive_bomb")
        if not is_passed_over(member.name):
            yield member


def find_manifest(source: Source) -> Member | None:
    """The manifest inside the archive: in its root, or in the one folder that holds everything."""
    for member in files_in(source):
        parts = member.name.lower().split("/")
        if parts[-1] in MANIFESTS and len(parts) <= 2:
            return member
    return None


def plain_lines(source: Source) -> Iterator[Line]:
    """Without a manifest a folder is a subject, and a file in no folder is one too."""
    below = common_folder(member.name for member in files_in(source))
    seen: set[str] = set()
    for member in files_in(source):
        reference, code = reference_of(member.name, below), ""
        try:
            _check_member(member, seen)
            reference = _reference(reference)
        except Fault as fault:
            reference, code = "", fault.code
        yield Line(shown(member.name), reference, member=None if code else member, code=code)


def manifest_lines(
    source: Source, manifest: Manifest, registers: Registers, own: str
) -> Iterator[Line]:
    """What the manifest says of each file; `own` is the manifest's name within the archive."""
    for column in manifest.unknown:
        yield Line(shown(column), code="manifest_column_unknown")
    below = own[: own.rfind("/") + 1] if own else ""
    said, repeated = _by_file(manifest, below)
    yield from (
        Line(shown(line.values["file"]), code="manifest_file_twice") if not line.code
        else Line(f"#{line.number}", code=line.code) for line in repeated
    )  # fmt: skip
    seen: set[str] = set()
    for member in files_in(source):
        if member.name == own:
            continue
        line = said.pop(member.name, None)
        yield _told(member, line, registers, seen)
    for line in said.values():
        yield Line(shown(line.values["file"]), code="manifest_file_missing")


def _by_file(manifest: Manifest, below: str) -> tuple[dict[str, ManifestLine], list[ManifestLine]]:
    """Lines by the file they speak of, and those that cannot be read or come too late."""
    said: dict[str, ManifestLine] = {}
    others: list[ManifestLine] = []
    for line in manifest.lines:
        name = below + tidy(line.values["file"]) if not line.code else ""
        if line.code or name in said:
            others.append(line)
        else:
            said[name] = line
    return said, others


def _told(member: Member, line: ManifestLine | None, registers: Registers, seen: set[str]) -> Line:
    try:
        _check_member(member, seen)
        if line is None:
            raise Fault("manifest_without_file")
        said = judged(line, registers)
        return Line(
            shown(member.name),
            said.reference,
            said.register,
            said.collected_on,
            said.expires_on,
            member,
        )
    except Fault as fault:
        return Line(shown(member.name), code=fault.code)


def judged(line: ManifestLine, registers: Registers) -> Said:
    """Raise Fault for a line that cannot be gone by."""
    if line.code:
        raise Fault(line.code)
    values = line.values
    collected_on, expires_on = _dates(values["collected_on"], values["expires_on"])
    register = registers.named(values["register"]) if values["register"] else None
    return Said(_reference(values["subject"]), register, collected_on, expires_on)


def _check_member(member: Member, seen: set[str]) -> None:
    if member.code:
        raise Fault(member.code)
    check_name(member.name)
    if len(member.name) > MAX_NAME:
        raise Fault("name_unsafe")
    if member.name in seen:
        raise Fault("name_twice")
    seen.add(member.name)


def _dates(collected: str, expires: str) -> tuple[date | None, date | None]:
    today = timezone.localdate()
    try:
        collected_on = date.fromisoformat(collected) if collected else None
        expires_on = date.fromisoformat(expires) if expires else None
    except ValueError as error:
        raise Fault("manifest_date_wrong") from error
    if collected_on is not None and collected_on > today:
        raise Fault("collected_in_future")
    if expires_on is not None and expires_on <= today:
        raise Fault("expires_in_past")
    return collected_on, expires_on


def _reference(text: str) -> str:
    reference = clean_reference(text)
    if shown(reference) != reference:
        raise Fault("reference_unreadable")
    return reference


def shown(text: str) -> str:
    """A text of strangers as it can be stored and shown: no control characters, not too long."""
    clean = "".join(
        "\ufffd" if unicodedata.category(letter) in ("Cc", "Cs") else letter
        for letter in text[:MAX_NAME]
    )
    return clean or "\ufffd"
