"""The disclosure bundle: one ZIP with everything about a concluded search, verifiable offline.

manifest.json lists every other file with size and SHA-256 and is signed (portal.signing, kind
"disclosure"). It is written in RFC 8785 form, so that the bytes of the file are what was signed:
a verifier needs no canonical JSON of its own. docs/documents.md describes the format.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import rfc8785
from django.conf import settings
from django.utils import translation

from portal import signing
from portal.audit.exporting import SCRIPT, signature_file
from searches.documents import bundle_json, record_extract
from searches.documents.dossier import Dossier
from searches.documents.report import LANGUAGES, Making, report_pdf
from searches.models import Candidate, FaceImage, ProbeEdit
from searches.services.sealing import KIND as TOKEN_KIND

KIND, FORMAT, VERSION = "disclosure", "candor-disclosure", 1
HERE = Path(__file__).parent
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "application/pdf": "pdf",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file that goes into the bundle, with the hash that its row gives ("": none)."""

    path: str
    key: str
    sha256: str = ""


class Packing:
    """A ZIP in memory and the list of what is in it. Nothing decrypted touches a disk."""

    def __init__(self, making: Making) -> None:
        self.buffer = BytesIO()
        self.files: list[dict[str, Any]] = []
        self._when = making.at.timetuple()[:6]
        self._zip = zipfile.ZipFile(self.buffer, "w", zipfile.ZIP_DEFLATED)

    def add(self, path: str, data: bytes) -> None:
        """A file that the manifest lists."""
        digest = sha256(data).hexdigest()
        self.files.append({"path": path, "sha256": digest, "bytes": len(data)})
        self._write(path, data)

    def add_json(self, path: str, value: Any) -> None:
        self.add(path, json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")

    def close(self, manifest: dict[str, Any]) -> None:
        """Sign the list and end the ZIP; nothing is added after this."""
        self._write("manifest.json", rfc8785.dumps(manifest))
        self._write("manifest.sig.json", signature_file(KIND, signing.sign(KIND, manifest)))
        self._zip.close()
        self.buffer.seek(0)

    def _write(self, path: str, data: bytes) -> None:
        info = zipfile.ZipInfo(path, self._when)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, data)


def write_bundle(dossier: Dossier, making: Making) -> BytesIO:
    """The ZIP. The same rows, made at the same moment, give the same bytes."""
    packing = Packing(making)
    packing.add("README.txt", (HERE / "README.txt").read_bytes())
    packing.add(SCRIPT.name, SCRIPT.read_bytes())
    for language in LANGUAGES:
        packing.add(f"report-{language}.pdf", report_pdf(dossier, language, making))
    paths, unreadable = _add_stored(packing, dossier)
    with translation.override("en"):
        packing.add_json("search.json", bundle_json.search_json(dossier, paths))
        packing.add_json("candidates.json", bundle_json.candidates_json(dossier, paths))
        packing.add_json("examinations.json", bundle_json.examinations_json(dossier))
        packing.add_json("conclusion.json", bundle_json.conclusion_json(dossier))
    _add_token(packing, dossier)
    for name, data in record_extract.record_files(dossier.search).items():
        packing.add(name, data)
    packing.close(_manifest(dossier, making, packing.files, unreadable))
    return packing.buffer


def _add_stored(packing: Packing, dossier: Dossier) -> tuple[dict[str, str], list[str]]:
    """The paths of the stored files by key, and what could not be read or is not what it was."""
    paths: dict[str, str] = {}
    unreadable: list[str] = []
    for one in _stored_files(dossier):
        data = dossier.stored(one.key)
        if data is None or (one.sha256 and sha256(data).hexdigest() != one.sha256):
            unreadable.append(one.path)
            continue
        paths[one.key] = one.path
        packing.add(one.path, data)
    return paths, unreadable


def _stored_files(dossier: Dossier) -> Iterator[Stored]:
    search, probe = dossier.search, dossier.search.probe
    yield Stored(f"probe/original.{_suffix(probe.media_type)}", probe.file_key, probe.sha256)
    for number, edit in enumerate(probe.edits.order_by("made_at", "id"), start=1):
        yield _edit(number, edit)
    yield Stored("probe/upright.jpg", probe.display_key)
    yield Stored("probe/face.jpg", probe.portrait_keys[search.face_index])
    if search.document_key:
        name = f"authorization.{_suffix(search.document_type)}"
        yield Stored(name, search.document_key, search.document_sha256)
    for candidate in dossier.candidates:
        yield from _pictures(candidate)


def _edit(number: int, edit: ProbeEdit) -> Stored:
    return Stored(f"probe/edit-{number:02d}.png", edit.file_key, edit.result_sha256)


def _pictures(candidate: Candidate) -> Iterable[Stored]:
    """The enrolled picture as it was handed in, or its copy, and the face as it was examined; none
    of what was erased since."""
    name, image = f"candidates/{candidate.rank:02d}", candidate.picture
    if image.erased_at is not None:
        return
    if isinstance(image, FaceImage):
        suffix = _suffix(image.media_type)
        yield Stored(f"{name}-enrolled.{suffix}", image.file_key, image.sha256)
    else:
        yield Stored(f"{name}-enrolled.jpg", image.picture_key, image.picture_sha256)
    yield Stored(f"{name}-face.jpg", image.portrait_key)


def _suffix(media_type: str) -> str:
    return SUFFIXES.get(media_type, "bin")


def _add_token(packing: Packing, dossier: Dossier) -> None:
    """The sealed token to the byte, as the worker verified it."""
    if dossier.token is not None:
        signature = signing.Signature(dossier.token.key_id, dossier.token.signature)
        packing.add("token.json", dossier.token.document.encode())
        packing.add("token.sig.json", signature_file(TOKEN_KIND, signature))


def _manifest(
    dossier: Dossier, making: Making, files: list[dict[str, Any]], unreadable: list[str]
) -> dict[str, Any]:
    agency = dossier.agency
    return {
        "format": FORMAT,
        "version": VERSION,
        "agency": {"id": agency.pk, "slug": agency.slug, "name": agency.name},
        "search": str(dossier.search.pk),
        "made_at": making.at.isoformat(),
        "made_by": making.label,
        "candor": settings.VERSION,
        "files": files,
        "unreadable": unreadable,
    }
