"""How a search compares: exactly in SQL, or by a full scan in memory that SQL confirms.

The scan is done by this host, or by others that hold the gallery. All ways give the same list
(tests/searches/test_scan.py, test_scan_shards.py); they differ in time alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from portal.tenancy import current_agency_id
from searches.models import Search
from searches.scan import files
from searches.scan.asking import Answered, ask
from searches.scan.calling import call
from searches.scan.files import Key, State
from searches.scan.nearest import Scanned, scan
from searches.vectors import Hit, count_templates, nearest_subjects


class Way(Enum):
    SQL = "sql"
    SQL_MEANWHILE = "sql_meanwhile"  # and hosts are called to hold the gallery
    SCAN = "scan"


def way_of(templates: int, state: State | None) -> Way:
    """How a gallery of so many templates is compared, of which a host holds `state`."""
    if templates < settings.SCAN_FROM or not settings.SCAN_MEMORY_BYTES:
        return Way.SQL
    if state is None:
        return Way.SQL_MEANWHILE
    if state.reranked is None:  # measured, and too few of the nearest were found
        return Way.SQL
    return Way.SCAN


@dataclass(frozen=True, slots=True)
class Measure:
    """How well the scan of a gallery was measured to find the nearest; of its shards the worst."""

    recall: float
    measured_on: int
    measured_at: str
    reranked: int | None
    shards: int = 1

    @classmethod
    def of(cls, found: Scanned | Answered) -> "Measure":
        if isinstance(found, Scanned):
            state = found.state
            return cls(state.recall, state.measured_on, state.measured_at, state.reranked)
        answers = found.answers.values()
        return cls(
            min(answer.recall for answer in answers),
            sum(answer.measured_on for answer in answers),
            min(answer.measured_at for answer in answers),
            max(answer.reranked or 0 for answer in answers),
            next(iter(found.answers)).count,
        )

    def as_json(self) -> dict[str, Any]:
        divided = {"shards": self.shards} if self.shards > 1 else {}
        measured = {"measured_on": self.measured_on, "measured_at": self.measured_at}
        return {"recall": self.recall, "reranked": self.reranked} | measured | divided


@dataclass(frozen=True, slots=True)
class Compared:
    """The nearest subjects, among how many templates, and how they were found."""

    hits: list[Hit] = field(default_factory=list)
    templates: int = 0
    scanned: dict[UUID, Measure] = field(default_factory=dict)
    """The galleries that were scanned; all others were compared exactly in SQL."""

    def as_json(self) -> list[dict[str, Any]]:
        """What a search keeps of its scans, in `Search.comparison`."""
        return [
            {"gallery": str(gallery)} | measure.as_json()
            for gallery, measure in sorted(self.scanned.items())
        ]


def compare(
    probe: NDArray[np.float32],
    *,
    contract_pk: int,
    galleries: Sequence[UUID],
    limit: int,
    excluded: Sequence[UUID] = (),
    search: Search | None = None,
) -> Compared:
    """The `limit` subjects most similar to a probe, each gallery compared as is quickest.

    The same list as `searches.vectors.nearest_subjects` gives, and what it raises. For `search`,
    which is running, other hosts are asked; in autocommit.
    """
    scanned: dict[UUID, Scanned | Answered] = {}
    templates = 0
    for gallery in galleries:
        key = Key(current_agency_id(), contract_pk, gallery)
        found: Scanned | Answered | None = _scanned(key, probe, limit, excluded)
        if found is None and search is not None:
            found = ask(search, key, probe, limit=limit, excluded=excluded)
        if found is not None:
            scanned[gallery] = found
            templates += found.templates
        else:
            templates += _counted(key, excluded)
    rest = [gallery for gallery in galleries if gallery not in scanned]
    hits = [hit for found in scanned.values() for hit in found.hits]
    if rest:
        hits += nearest_subjects(
            probe, contract_pk=contract_pk, galleries=rest, limit=limit, excluded=excluded
        )
    hits.sort(key=lambda hit: (-hit.similarity, hit.subject_id))
    measures = {gallery: Measure.of(found) for gallery, found in scanned.items()}
    return Compared(hits[:limit], templates, measures)


def _scanned(
    key: Key, probe: NDArray[np.float32], limit: int, excluded: Sequence[UUID]
) -> Scanned | None:
    """What this host finds in a gallery that it holds."""
    state = files.read_state(key)
    if state is None or way_of(state.templates, state) != Way.SCAN:
        return None
    return scan(key, state, probe, limit=limit, excluded=excluded)


def _counted(key: Key, excluded: Sequence[UUID]) -> int:
    """How many templates SQL has to compare; a gallery with many is to be held from now on."""
    templates = count_templates(
        contract_pk=key.contract, galleries=[key.gallery], excluded=excluded
    )
    if way_of(templates, files.read_state(key)) == Way.SQL_MEANWHILE:
        call(key, templates)
    return templates
