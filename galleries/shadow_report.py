"""The report of a shadow search: what two engines make of the same pictures, with intervals."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import rfc8785
from django.utils import timezone

from galleries.models import ShadowSearch
from searches.kappa import share
from searches.vectors import count_templates

FORMAT = 1
LISTED = 20
"""Candidates of each list: as many as a search has by default."""
METHOD = (
    "One picture of each drawn subject with at least two pictures under both contracts is searched"
    " for in its gallery, without itself, under each contract. Intervals are Wilson's, 95 %."
    " Similarities under different contracts are not compared."
)
# Columns of ShadowSearch.results.
SUBJECT, IMAGE, BEFORE, AFTER, SHARED, OF = range(6)


def report_of(shadow: ShadowSearch) -> dict[str, Any]:
    """The report as plain JSON values; subjects are named by id, which outlives their erasure."""
    change, results = shadow.change, shadow.results
    contracts = {"from": change.from_contract, "to": change.to_contract}
    return {
        "format": FORMAT,
        "change": str(change.pk),
        "gallery": str(change.gallery_id),
        "contracts": {side: contract.contract for side, contract in contracts.items()},
        "engines": {side: contract.engine for side, contract in contracts.items()},
        "templates": {
            side: count_templates(contract_pk=contract.pk, galleries=[change.gallery_id])
            for side, contract in contracts.items()
        },
        "made_at": timezone.now().isoformat(),
        "requested_by": shadow.requested_by_label,
        "method": METHOD,
        "eligible_subjects": shadow.eligible,
        "searches": len(results),
        "hits": {
            "from": _hits(row[BEFORE] for row in results),
            "to": _hits(row[AFTER] for row in results),
        },
        "shared_candidates": {
            "shared": sum(row[SHARED] for row in results),
            "of": sum(row[OF] for row in results),
        },
        "worse": [_moved(row) for row in results if _place(row[AFTER]) > _place(row[BEFORE])],
        "better": [_moved(row) for row in results if _place(row[AFTER]) < _place(row[BEFORE])],
    }


def digest_of(report: dict[str, Any]) -> str:
    """SHA-256 of the report as it is downloaded: RFC 8785 JSON."""
    return sha256(rfc8785.dumps(report)).hexdigest()


def _hits(ranks: Iterable[int | None]) -> dict[str, Any]:
    """How often the own subject was first, and among all candidates."""
    found = list(ranks)
    return {
        f"rank_{limit}": _share(sum(_place(rank) <= limit for rank in found), len(found))
        for limit in (1, LISTED)
    }


def _share(part: int, whole: int) -> dict[str, float | int | None]:
    measured = share(part, whole, 1)
    if measured is None:
        return {"hits": part, "of": whole, "share": None, "low": None, "high": None}
    # RFC 8785 writes numbers the same everywhere; six places are enough.
    return {
        "hits": part,
        "of": whole,
        "share": round(measured.value, 6),
        "low": round(measured.low or 0.0, 6),
        "high": round(1.0 if measured.high is None else measured.high, 6),
    }


def _place(rank: int | None) -> int:
    """Not among the candidates is worse than the last of them."""
    return LISTED + 1 if rank is None else rank


def _moved(row: list[Any]) -> dict[str, Any]:
    return {"subject": row[SUBJECT], "image": row[IMAGE], "from": row[BEFORE], "to": row[AFTER]}
