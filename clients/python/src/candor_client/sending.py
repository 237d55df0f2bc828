"""Files on their way to the portal: one picture in a form, or an archive in parts."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from candor_client.answers import Import
from candor_client.calls import Attachment, Call, Progress, Script
from candor_client.errors import ApiProblem, CandorError
from candor_client.reading import answer

File = str | os.PathLike[str] | BinaryIO
OCTETS = "application/octet-stream"


def attached(picture: "File | bytes", name: str, progress: Progress | None) -> Attachment:
    """A picture as part of a form."""
    if isinstance(picture, bytes):
        return Attachment(name, picture, progress=progress)
    with opened(picture) as (file, own_name):
        return Attachment(own_name or name, file.read(), progress=progress)


@contextmanager
def opened(file: File) -> Generator[tuple[BinaryIO, str]]:
    """The file, from where it stands if it was open already, and its name if it has one."""
    if isinstance(file, (str, os.PathLike)):
        with Path(file).open("rb") as found:
            yield found, Path(file).name
    else:
        yield file, Path(str(getattr(file, "name", ""))).name


def size_of(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def import_call(pk: str) -> Call[Import]:
    return Call("GET", f"imports/{pk}/", answer(Import))


def parts(batch: Import, file: BinaryIO, progress: Progress | None) -> Script[Import]:
    """Send what is missing of an upload, part by part, from where the portal says it is."""
    if size_of(file) != batch.size:
        raise CandorError(f"The file is not the one of this import, which has {batch.size} bytes")
    while batch.stage == "uploading":
        if progress is not None:
            progress(batch.received, batch.size)
        file.seek(batch.received)
        data = file.read(min(batch.part_bytes, batch.size - batch.received))
        if not data:
            raise CandorError("The file has become shorter")
        batch = yield from _part(batch, data)
    if progress is not None:
        progress(batch.received, batch.size)
    return batch


def _part(batch: Import, data: bytes) -> Script[Import]:
    """Send the next part. One that had arrived although its answer was lost is taken as sent."""
    headers = {"Upload-Offset": str(batch.received), "Content-Type": OCTETS}
    path = f"imports/{batch.id}/"
    try:
        return (yield from Call("PUT", path, answer(Import), content=data, headers=headers))
    except ApiProblem as problem:
        if problem.status != HTTPStatus.CONFLICT and problem.code != "import_stage":
            raise
        found = yield from import_call(batch.id)
        if (found.received, found.stage) == (batch.received, batch.stage):
            raise
        return found
