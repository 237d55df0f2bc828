"""Counts entries of the record: the one function behind every report and every recount.

Each act counts in the period in which it was done; what it belongs to may be older. What stands at
the end of a period (people, galleries) is worked out from all entries before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from oversight.transparency import rules
from oversight.transparency.holdings import holdings
from oversight.transparency.periods import Period
from oversight.transparency.reading import Reading
from oversight.transparency.tabling import Table, listed, table


def count(documents: Iterable[Mapping[str, Any]], period: Period, zone: str) -> list[Table]:
    """The tables of a report from entries as docs/record.md writes them, in any order.

    Entries of other actions and of later days make no difference.
    """
    reading = Reading.of(documents, period, zone)
    return [
        *_searches(reading),
        *_results(reading),
        *_afterwards(reading),
        *holdings(reading, period),
        *_oversight(reading),
    ]


def _searches(reading: Reading) -> Iterator[Table]:
    opened = ((entry["data"].get("purpose", ""), "opened") for entry in reading.of_("case.opened"))
    yield table("cases", rules.PURPOSES, ["opened"], opened)
    yield listed("case_acts", list(rules.CASES.values()), _named(reading, rules.CASES))
    submitted = reading.of_("search.submitted")
    grounds = ((reading.purpose_of(e), ground_of(e["data"])) for e in submitted)
    yield table("searches", rules.PURPOSES, list(rules.GROUNDS.values()), grounds)
    decided = [*_decisions(reading), *_lapses(reading)]
    yield table("decisions", rules.DECIDED, rules.DECISIONS, decided)
    yield listed("events", list(rules.EVENTS.values()), _named(reading, rules.EVENTS))


def ground_of(data: Mapping[str, Any]) -> str:
    """On what ground a search was submitted; "other" before grounds were asked for."""
    asked = (data.get("basis", ""), data.get("authorization", ""))
    return rules.GROUNDS.get(asked, "other")


def _decisions(reading: Reading) -> Iterator[tuple[str, str]]:
    for entry in reading.of_("search.authorized"):
        yield _decided_row(reading, entry), entry["data"]["decision"]


def _lapses(reading: Reading) -> Iterator[tuple[str, str]]:
    for entry in reading.of_("search.expired"):
        yield _decided_row(reading, entry), "lapsed"


def _decided_row(reading: Reading, entry: Mapping[str, Any]) -> str:
    submitted = reading.submission_of(entry)
    ground = ground_of(submitted["data"]) if submitted else "other"
    if ground != "urgent" or submitted is None:
        return ground
    took = datetime.fromisoformat(entry["at"]) - datetime.fromisoformat(submitted["at"])
    return "urgent_in_time" if took <= timedelta(hours=rules.URGENT_HOURS) else "urgent_late"


def _results(reading: Reading) -> Iterator[Table]:
    finished = (
        (entry["data"]["contract"], "some" if entry["data"]["candidates"] else "nil")
        for entry in reading.of_("search.finished")
    )
    yield table("finished", [], ["some", "nil"], finished)
    concluded = (
        (reading.purpose_of(entry), entry["data"]["outcome"])
        for entry in reading.of_("search.concluded")
    )
    yield table("conclusions", rules.PURPOSES, rules.OUTCOMES, concluded)
    last = {e["subject"]["id"]: e["data"]["outcome"] for e in reading.of_("follow_up.reported")}
    yield listed("follow_ups", rules.FOLLOW_UPS, last.values(), totals=True)


def _afterwards(reading: Reading) -> Iterator[Table]:
    causes = (entry["data"]["cause"] for entry in reading.of_("search.erased"))
    # Each refusal and each lapse erases: these two are the numbers of the decisions once more.
    same = {"refused": ["decisions", "refused"], "expired": ["decisions", "lapsed"]}
    yield listed("erasures", rules.ERASURES, causes, same=same)
    disclosed = _named(reading, rules.DISCLOSURES)
    yield listed("disclosures", list(rules.DISCLOSURES.values()), disclosed)


def _oversight(reading: Reading) -> Iterator[Table]:
    opened = (str(entry["data"].get("rule", "")) for entry in reading.of_("alert.opened"))
    yield listed("alerts", [], opened, totals=True)
    closed = (str(entry["data"].get("disposition", "")) for entry in reading.of_("alert.closed"))
    yield listed("alerts_closed", [], closed, totals=True)
    acts = [entry["action"] for entry in reading.within]
    yield listed("reviews", rules.REVIEWING, (a for a in acts if a in rules.REVIEWING))
    yield listed("policies", ["changes"], _policies(reading))
    alarms = (a for a in acts if a in rules.SECURITY or rules.is_alarm(a))
    yield listed("security", rules.SECURITY, alarms)


def _policies(reading: Reading) -> Iterator[str]:
    for entry in reading.of_("policy.changed"):
        yield "changes"
        yield from entry["data"]["after"]


def _named(reading: Reading, names: Mapping[str, str]) -> Iterator[str]:
    return (names[entry["action"]] for entry in reading.within if entry["action"] in names)
