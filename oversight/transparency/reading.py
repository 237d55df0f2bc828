"""Entries of the record sorted for counting: those of the period, and what came before them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oversight.transparency.periods import Period
from oversight.transparency.rules import is_counted

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """`until` are all counted entries up to the period's end, `within` those inside it, by id."""

    until: list[Entry]
    within: list[Entry]
    submitted: dict[str, Entry]

    @classmethod
    def of(cls, documents: Iterable[Entry], period: Period, zone: str) -> "Reading":
        start, end = period.bounds(zone)
        known = [d for d in documents if is_counted(d["action"]) and d["at"] < end]
        until = sorted(known, key=lambda entry: int(entry["id"]))
        within = [entry for entry in until if entry["at"] >= start]
        submitted = {e["subject"]["id"]: e for e in until if e["action"] == "search.submitted"}
        return cls(until, within, submitted)

    def of_(self, action: str) -> list[Entry]:
        """The entries of one action inside the period."""
        return [entry for entry in self.within if entry["action"] == action]

    def submission_of(self, entry: Entry) -> Entry | None:
        """How the search was submitted that an entry is about."""
        return self.submitted.get(entry["subject"]["id"])

    def purpose_of(self, entry: Entry) -> str:
        """The purpose of the search that an entry is about; "other" when none was recorded."""
        submitted = self.submission_of(entry)
        return str(submitted["data"].get("purpose") or "other") if submitted else "other"
