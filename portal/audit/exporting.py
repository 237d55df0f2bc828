"""An export of the record that somebody can check without the portal: a ZIP, made while it is read.

It ends with a checkpoint that is taken for it. Nothing of it is held in memory but one batch, and
nothing touches a disk. docs/record.md describes the files.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import rfc8785
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from portal import signing
from portal.audit import candor_verify
from portal.audit.canonical import moment
from portal.audit.checkpoints import take_checkpoint
from portal.audit.extracting import Extract, checkpoint_lines
from portal.audit.keyring import keys_document
from portal.audit.linking import scope_of
from portal.audit.models import Checkpoint, CheckpointStamp

KIND, FORMAT, VERSION = "record-export", "candor-record", 1
SCRIPT = Path(candor_verify.__file__)
README = Path(__file__).parent / "README.txt"


def export_stream(
    agency_id: int | None, *, made_by: str, chosen: Q | None = None, with_contents: bool = False
) -> Iterator[bytes]:
    """The ZIP in parts. `chosen` entries are shown, of the others the digests only.

    `with_contents` adds what people wrote about the shown entries. The checkpoint is taken at the
    call; the rows are read while the parts are. Whoever calls has checked the right to it, and
    records it.
    """
    checkpoint = take_checkpoint(agency_id)
    last = checkpoint.entries if checkpoint else 0
    extract = Extract(agency_id, 0, last, chosen)
    at = timezone.now()
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "agency": agency_id,
        "made_at": moment(at),
        "made_by": made_by,
        "candor": settings.VERSION,
        "entries": last,
        "complete": chosen is None,
    }
    return _parts(extract, checkpoint, manifest, at, with_contents)


def checkpoints_until(agency_id: int | None, last: Checkpoint | None) -> list[Checkpoint]:
    if last is None:
        return []
    with scope_of(agency_id):
        found = Checkpoint.objects.filter(agency_id=agency_id, number__lte=last.number)
        return list(found.order_by("number"))


def _parts(
    extract: Extract,
    checkpoint: Checkpoint | None,
    manifest: dict[str, Any],
    at: datetime,
    with_contents: bool,
) -> Iterator[bytes]:
    packing = StreamedZip(at)
    known = checkpoints_until(extract.agency_id, checkpoint)
    yield from packing.add("README.txt", [README.read_bytes()])
    yield from packing.add(SCRIPT.name, [SCRIPT.read_bytes()])
    yield from packing.add("keys.json", [rfc8785.dumps(keys_document())])
    yield from packing.add("checkpoints.jsonl", [checkpoint_lines(known)])
    yield from packing.add("record.jsonl", extract.record_lines())
    yield from packing.add("record.csv", extract.csv_lines())
    if with_contents:
        yield from packing.add("contents.jsonl", extract.content_lines())
    for name, data in _stamps(extract.agency_id, known):
        yield from packing.add(name, [data])
    yield from packing.close(manifest)


def _stamps(agency_id: int | None, known: list[Checkpoint]) -> list[tuple[str, bytes]]:
    """For each checkpoint that an authority stamped: its signed text, and the RFC 3161 response."""
    documents = {checkpoint.pk: checkpoint for checkpoint in known}
    with scope_of(agency_id):
        stamps = CheckpointStamp.objects.filter(agency_id=agency_id, checkpoint_id__in=documents)
        found = list(stamps.order_by("checkpoint_id").values_list("checkpoint_id", "token"))
    files: list[tuple[str, bytes]] = []
    for pk, token in found:
        name = f"stamps/checkpoint-{documents[pk].number:08d}"
        files += [(f"{name}.json", documents[pk].document.encode()), (f"{name}.tsr", bytes(token))]
    return files


class _Sink:
    """Where the ZIP is written to; it cannot be wound back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits: `taken` gives what there is."""

    def close(self) -> None:
        """The ZIP is ended by StreamedZip.close."""

    def taken(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


class StreamedZip:
    """A ZIP that is given out while it is made, and a signed list of what is in it."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w", ZIP_DEFLATED)
        self._when = at.timetuple()[:6]
        self._files: list[dict[str, Any]] = []

    def add(self, path: str, parts: Iterable[bytes]) -> Iterator[bytes]:
        """A file that the manifest lists."""
        digest, size = sha256(), 0
        info = ZipInfo(path, self._when)
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            for part in parts:
                digest.update(part)
                size += len(part)
                file.write(part)
                yield self._sink.taken()
        self._files.append({"path": path, "sha256": digest.hexdigest(), "bytes": size})

    def close(self, manifest: dict[str, Any]) -> Iterator[bytes]:
        """Sign the list and end the ZIP."""
        files = list(self._files)
        document = manifest | {"files": files}
        yield from self.add(candor_verify.MANIFEST, [rfc8785.dumps(document)])
        signature = signing.sign(KIND, document)
        yield from self.add(candor_verify.SIGNATURE, [signature_file(KIND, signature)])
        self._zip.close()
        yield self._sink.taken()


def signature_file(kind: str, signature: signing.Signature) -> bytes:
    """What stands beside a signed file: by which key, and the signature."""
    value = {
        "kind": kind,
        "key_id": signature.key_id,
        "public_key": signing.public_key_text_of(signature.key_id),
        "value": signature.value,
    }
    return json.dumps(value, indent=1).encode() + b"\n"
