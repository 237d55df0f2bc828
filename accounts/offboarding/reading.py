"""An export as its agency downloads it: a ZIP that is made while it is sent."""

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.access import files_of
from accounts.models import Agency
from accounts.offboarding.archive import INDEX, parts_of
from accounts.offboarding.members import part_name
from portal.agency_folder import Parts
from portal.keys import KeyProblem
from portal.storage import FileStore, MissingFile

# What was readable at the export and is not any more: named at the end, so that it is noticed.
MISSING = "missing.jsonl"


class _Pipe:
    """A file that cannot be sought: what was written is taken out of it again."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken, self._chunks = b"".join(self._chunks), []
        return taken


def read_index(agency: Agency) -> dict[str, Any]:
    """Manifest, signature and parts. Raises MissingFile or KeyProblem when there is no export."""
    index: dict[str, Any] = json.loads(parts_of(agency).get(INDEX))
    return index


def zip_stream(agency: Agency, index: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of the ZIP. The agency's scope is needed for the call only, not for the reading."""
    return _stream(index, parts_of(agency), files_of(agency.pk))


def _stream(index: dict[str, Any], parts: Parts, store: FileStore) -> Iterator[bytes]:
    pipe = _Pipe()
    manifest = index["manifest"]
    when = datetime.fromisoformat(manifest["exported_at"]).timetuple()[:6]
    missing: list[str] = []
    with zipfile.ZipFile(pipe, "w", allowZip64=True) as archive:

        def add(
            path: str, chunks: Iterator[bytes] | list[bytes], *, packed: bool
        ) -> Iterator[bytes]:
            info = zipfile.ZipInfo(path, when)
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)
                    yield pipe.take()
            yield pipe.take()

        for name in ("manifest", "signature"):
            text = json.dumps(index[name], indent=1).encode()
            yield from add(f"{name}.json", [text], packed=True)
        for path, number in index["parts"].items():
            yield from add(path, _parts(parts, path, number), packed=True)
        for chunk in _parts(parts, "files.jsonl", index["parts"]["files.jsonl"]):
            for line in chunk.splitlines():
                entry = json.loads(line)
                plain = _plain(store, entry)
                if plain is not None:
                    yield from add(entry["path"], [plain], packed=False)
                elif "path" in entry:
                    missing.append(line.decode())
        if missing:
            yield from add(MISSING, ["\n".join(missing).encode()], packed=True)
    yield pipe.take()


def _parts(parts: Parts, path: str, number: int) -> Iterator[bytes]:
    return (parts.get(part_name(path, n)) for n in range(number))


def _plain(store: FileStore, entry: dict[str, Any]) -> bytes | None:
    try:
        return store.get(entry["key"]) if "path" in entry else None
    except (MissingFile, KeyProblem):
        return None
