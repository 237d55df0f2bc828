"""The documents of a report: in full, and as it may be published; plain JSON values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Agency
from oversight.transparency.checks import Check, agrees, checks
from oversight.transparency.counting import count
from oversight.transparency.periods import Period
from oversight.transparency.recorded import entries_under
from oversight.transparency.rules import FEWER, VERSION
from oversight.transparency.suppressing import internal_tables, public_tables
from oversight.transparency.tabling import Document
from portal.audit.canonical import moment
from portal.audit.models import Checkpoint
from searches.agreement import Agreement, agreement_between
from searches.kappa import Estimate

KIND, FORMAT = "transparency-report", 1
PUBLIC, INTERNAL = "public", "internal"
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Made:
    """Both documents of one report."""

    internal: Document
    public: Document


def make(agency: Agency, period: Period, checkpoint: Checkpoint, made_at: datetime) -> Made:
    """Count the record up to the checkpoint; asked inside the agency's scope."""
    zone = agency.time_zone
    entries = list(entries_under(checkpoint, period, zone))
    tables = count(entries, period, zone)
    compared = checks(entries, period, zone)
    with timezone.override(ZoneInfo(zone)):
        agreement = agreement_between(period.first, period.last)
    head = _head(agency, period, checkpoint, made_at)
    internal = {
        "audience": INTERNAL,
        "tables": internal_tables(tables),
        "checks": compared,
        "agreement": _agreement(agreement),
    }
    public = {
        "audience": PUBLIC,
        "tables": public_tables(tables),
        "checks": _public_checks(compared),
        "agreement": _public_agreement(agreement),
    }
    return Made(head | internal, head | public)


def _head(
    agency: Agency, period: Period, checkpoint: Checkpoint, made_at: datetime
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "rules": VERSION,
        "agency": {"id": agency.pk, "name": agency.name, "slug": agency.slug},
        "period": {
            "name": period.name,
            "kind": period.kind,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "zone": agency.time_zone,
        },
        "made_at": moment(made_at),
        "record": {
            "entries": checkpoint.entries,
            "head": checkpoint.head,
            "checkpoint": checkpoint.document,
            "signature": checkpoint.signature,
            "key_id": checkpoint.key_id,
        },
        # No evaluation of an engine is recorded yet.
        "error_rates": NOT_MEASURED,
    }


def _public_checks(compared: Iterable[Check]) -> list[Check]:
    """Whether they agree: by how much they do not could be a small number."""
    return [{"what": one["what"], "agrees": agrees(one)} for one in compared]


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "searches": found.searches,
        "disputed": found.disputed,
        "pairs": found.pairs,
        "kappa": _estimate(found.kappa),
    }


def _public_agreement(found: Agreement) -> dict[str, Any]:
    """Kappa alone, and only where none of the numbers that it is worked out from is small."""
    is_small = any(0 < cell < FEWER for row in found.table for cell in row)
    return {"kappa": "withheld" if is_small else _estimate(found.kappa)}


def _estimate(value: Estimate | None) -> Any:
    """With two decimals, as text."""
    if value is None:
        return NOT_MEASURED
    ends = [f"{end:.2f}" if end is not None else "" for end in (value.low, value.high)]
    return {"value": f"{value.value:.2f}", "low": ends[0], "high": ends[1]}
