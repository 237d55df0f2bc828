"""How a search compares: exactly in SQL, or by a full scan in memory that SQL confirms.

Both give the same list (tests/searches/test_scan.py); they differ in time alone.
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
from searches.scan import files
from searches.scan.files import Key, State
from searches.scan.nearest import Scanned, scan
from searches.vectors import Hit, count_templates, nearest_subjects


class Way(Enum):
    SQL = "sql"
    SQL_MEANWHILE = "sql_meanwhile"  # and the workers are asked to hold the gallery
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
class Compared:
    """The nearest subjects, among how many templates, and how they were found."""

    hits: list[Hit] = field(default_factory=list)
    templates: int = 0
    scanned: dict[UUID, State] = field(default_factory=dict)
    """The galleries that were scanned; all others were compared exactly in SQL."""

    def as_json(self) -> list[dict[str, Any]]:
        """What a search keeps of its scans, in `Search.comparison`."""
        return [
            {
                "gallery": str(gallery),
                "recall": state.recall,
                "measured_on": state.measured_on,
                "measured_at": state.measured_at,
                "reranked": state.reranked,
            }
            for gallery, state in sorted(self.scanned.items())
        ]


def compare(
    probe: NDArray[np.float32],
    *,
    contract_pk: int,
    galleries: Sequence[UUID],
    limit: int,
    excluded: Sequence[UUID] = (),
) -> Compared:
    """The `limit` subjects most similar to a probe, each gallery compared as is quickest.

    The same list as `searches.vectors.nearest_subjects` gives, and what it raises.
    """
    scanned: dict[UUID, Scanned] = {}
    templates = 0
    for gallery in galleries:
        key = Key(current_agency_id(), contract_pk, gallery)
        found = _scanned(key, probe, limit, excluded)
        if isinstance(found, Scanned):
            scanned[gallery] = found
            templates += found.templates
        else:
            templates += found
    rest = [gallery for gallery in galleries if gallery not in scanned]
    hits = [hit for found in scanned.values() for hit in found.hits]
    if rest:
        hits += nearest_subjects(
            probe, contract_pk=contract_pk, galleries=rest, limit=limit, excluded=excluded
        )
    hits.sort(key=lambda hit: (-hit.similarity, hit.subject_id))
    states = {gallery: found.state for gallery, found in scanned.items()}
    return Compared(hits[:limit], templates, states)


def _scanned(
    key: Key, probe: NDArray[np.float32], limit: int, excluded: Sequence[UUID]
) -> Scanned | int:
    """What a scan found; or how many templates SQL has to compare."""
    state = files.read_state(key)
    if state is not None and way_of(state.templates, state) == Way.SCAN:
        found = scan(key, probe, limit=limit, excluded=excluded)
        if found is not None:
            return found
        state = files.read_state(key)
    templates = count_templates(
        contract_pk=key.contract, galleries=[key.gallery], excluded=excluded
    )
    if way_of(templates, state) == Way.SQL_MEANWHILE:
        files.want(key)
    return templates
