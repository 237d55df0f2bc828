"""What hosts are asked lies in PostgreSQL, sealed: the broker carries its id and no template."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models.functions import Now
from numpy.typing import NDArray

from accounts.access import files_of
from portal.tenancy import scope
from searches.models import ScanQuestion, Search
from searches.scan.files import Key
from searches.scan.held import ids_of, uuids_of
from searches.sealed import identity_of

COLUMN = "sealed"
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which gallery, by which template, without which pictures, and how long a list."""

    key: Key
    probe: NDArray[np.float32]
    excluded: Sequence[UUID]
    limit: int


@contextmanager
def question(search: Search, asked: Asked) -> Iterator[ScanQuestion]:
    """What a running search asks, kept for as long as it waits; in autocommit.

    The row is the searching agency's, whosever the gallery is.
    """
    key = asked.key
    with scope(search.agency_id):
        row = ScanQuestion(
            search=search,
            owner_id=key.agency,
            contract_pk=key.contract,
            gallery_id=key.gallery,
            limit=asked.limit,
        )
        row.take_scope()
        row.sealed = files_of(row.agency_id).seal_bytes(_plain(asked), _identity(row.pk))
        row.save(force_insert=True)
    try:
        yield row
    finally:
        with scope(search.agency_id):
            ScanQuestion.objects.filter(pk=row.pk).delete()


def read_question(question_id: UUID) -> Asked | None:
    """A question of the current agency; None when nobody waits for its answer any more."""
    row = ScanQuestion.objects.filter(pk=question_id).first()
    if row is None:
        return None
    plain = files_of(row.agency_id).unseal_bytes(bytes(row.sealed), _identity(row.pk))
    dimension = int.from_bytes(plain[:4], "little")
    end = 4 + 4 * dimension
    return Asked(
        Key(row.owner_id, row.contract_pk, row.gallery_id),
        np.frombuffer(plain[4:end], "<f4").astype(np.float32),
        uuids_of(np.frombuffer(plain[end:], f"S{_ID_BYTES}")),
        row.limit,
    )


def forget_questions() -> None:
    """Remove what was left of searches whose worker was killed: none is asked for so long."""
    age = Now() - timedelta(seconds=settings.JOB_SECONDS)
    ScanQuestion.objects.filter(asked_at__lt=age).delete()


def _plain(asked: Asked) -> bytes:
    """The number of dimensions, the template, the ids."""
    numbers = np.ascontiguousarray(asked.probe, "<f4").tobytes()
    return len(asked.probe).to_bytes(4, "little") + numbers + ids_of(asked.excluded).tobytes()


def _identity(pk: object) -> str:
    return identity_of(ScanQuestion, pk, COLUMN)
