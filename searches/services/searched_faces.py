"""Keeping the searched face sealed, and opening such faces for the rules that look for misuse."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.access import files_of
from portal.storage import FileStore
from searches.models import Search, SearchedFace
from searches.sealed import identity_of

COLUMN = "sealed"


@dataclass(frozen=True, slots=True)
class OpenedFace:
    """An L2-normalised template in memory; only those of one contract may be compared."""

    contract: str
    vector: NDArray[np.float32]


def keep_face(
    search: Search, contract_id: str, vector: NDArray[np.float32], store: FileStore
) -> None:
    """Seal the face of a search that runs, in the transaction that writes its candidates.

    `store` has the agency's key.
    """
    row = SearchedFace(search=search, contract_id=contract_id)
    row.take_scope()
    plain = np.ascontiguousarray(vector, dtype="<f4").tobytes()
    row.sealed = store.seal_bytes(plain, _identity(row.pk))
    row.save(force_insert=True)


def opened_faces(agency_id: int, searches: Iterable[UUID]) -> dict[UUID, OpenedFace]:
    """The faces of searches by the id of the search; those without one are left out."""
    rows = SearchedFace.objects.filter(search_id__in=list(searches))
    files = files_of(agency_id)
    return {
        search: OpenedFace(
            contract,
            np.frombuffer(files.unseal_bytes(bytes(sealed), _identity(pk)), dtype="<f4"),
        )
        for pk, search, contract, sealed in rows.values_list(
            "pk", "search_id", "contract_id", "sealed"
        )
    }


def _identity(pk: object) -> str:
    return identity_of(SearchedFace, pk, COLUMN)
