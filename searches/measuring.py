"""Measuring pictures for enrolment. No models here: worker processes of a bulk run import it
without setting Django's applications up.
"""

import os
import stat
import threading
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

from searches.faults import Fault
from searches.images import ImageRejected, decode
from searches.recognition import EnrolledFace, engine, engine_for, face_to_enrol, image_limits


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """The contract a template was made under, as plain values that cross processes."""

    id: str
    engine: str
    dimension: int


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture whose one face has been measured: ready to be written."""

    data: bytes
    sha256: str
    media_type: str
    found: EnrolledFace
    contract: ContractFacts
    published_threshold: float | None = None
    scale: str = ""
    """Both are the engine's that measured it."""


def measure(data: bytes, contract_id: str = "") -> NewPicture:
    """Decode a picture and measure its one face. Raises ImageRejected or Fault.

    `contract_id` is that of the gallery; empty, as that of an empty gallery, takes the
    installation's engine.
    """
    decoded = decode(data, image_limits())
    used = engine_for(contract_id) if contract_id else engine()
    contract = used.contract
    facts = ContractFacts(contract.id, contract.engine, contract.dimension)
    found = face_to_enrol(decoded.rgb, used)
    of_engine = used.published_threshold, used.scale
    return NewPicture(data, decoded.sha256, decoded.media_type, found, facts, *of_engine)


def measure_file(path: Path, contract_id: str = "") -> NewPicture:
    """`measure` for a file, as worker processes of a bulk run call it."""
    return measure(read_regular(path), contract_id)


def prepare_process(contract_id: str = "") -> None:
    """Each worker process loads one engine, after it was started and before its first file."""
    end_with_parent()
    engine_for(contract_id) if contract_id else engine()


def end_with_parent() -> None:
    """Let a worker process end with its parent, however that ends: nobody takes its results."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def read_regular(path: Path) -> bytes:
    """A file's bytes. Raises Fault or ImageRejected for links, devices and oversized files."""
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            raise Fault("not_a_file")
        limits = image_limits()
        if facts.st_size > limits.max_bytes:
            size, most = facts.st_size / 2**20, limits.max_bytes / 2**20
            raise ImageRejected("image_too_many_bytes", megabytes=size, limit=most)
        return path.read_bytes()
    except OSError as error:
        raise Fault("file_not_readable") from error
