"""Compares what the record says with the tables, where their rows still exist.

A report is counted from the record; this says in the report itself where the two differ.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from accounts.models import Membership, TrainingCertificate
from oversight.transparency.periods import Period
from searches.models import Authorization, Conclusion, FaceImage, Gallery, Search

Check = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Rows of a table that some action records; `of` is the column that the entry is about."""

    what: str
    actions: Sequence[str]
    model: type[Model]
    made: str
    of: str = "pk"
    member: Callable[[Mapping[str, Any]], str] = lambda entry: str(entry["subject"]["id"])
    # Erasing a search removes these, so that the record alone still knows of them.
    erased_with_search: bool = False


def _joined(entry: Mapping[str, Any]) -> str:
    return str(entry["data"].get("membership", entry["subject"]["id"]))


_COMPARED = (
    _Compared("searches", ["search.submitted"], Search, "created_at"),
    _Compared("decisions", ["search.authorized"], Authorization, "decided_at", "search_id"),
    _Compared(
        "conclusions",
        ["search.concluded"],
        Conclusion,
        "concluded_at",
        "search_id",
        erased_with_search=True,
    ),
    _Compared("galleries", ["gallery.created"], Gallery, "created_at"),
    _Compared("images", ["image.enrolled"], FaceImage, "enrolled_at"),
    _Compared(
        "members",
        ["member.added", "invitation.accepted"],
        Membership,
        "created_at",
        member=_joined,
    ),
    _Compared("certificates", ["certificate.added"], TrainingCertificate, "created_at"),
)


def checks(entries: Sequence[Mapping[str, Any]], period: Period, zone: str) -> list[Check]:
    """For each table the number in the record, in the table, and what only one of them has.

    Asked inside the agency's scope; `entries` are all counted ones up to the period's end.
    """
    start, end = period.bounds(zone)
    erased = {str(e["subject"]["id"]) for e in entries if e["action"] == "search.erased"}
    return [_check(one, entries, (start, end), erased) for one in _COMPARED]


def _check(
    one: _Compared,
    entries: Iterable[Mapping[str, Any]],
    bounds: tuple[str, str],
    erased: set[str],
) -> Check:
    start = bounds[0]
    known = {one.member(e): str(e["at"]) for e in entries if e["action"] in one.actions}
    here = {name for name, at in known.items() if at >= start}
    moments = [datetime.fromisoformat(bound) for bound in bounds]
    within = Q((f"{one.made}__gte", moments[0]), (f"{one.made}__lt", moments[1]))
    rows = one.model._default_manager
    found = {str(name) for name in rows.filter(within).values_list(one.of, flat=True)}
    kept = {str(name) for name in rows.values_list(one.of, flat=True)} if here - found else found
    gone = here - found - kept - (erased if one.erased_with_search else set())
    return {
        "what": one.what,
        "record": len(here),
        "tables": len(found),
        "only_in_record": len(gone),
        "only_in_tables": len(found - known.keys()),
    }


def agrees(check: Check) -> bool:
    return not check["only_in_record"] and not check["only_in_tables"]
