"""One soak from the founding of the agencies to the verdict."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.searches.invariants import stray_files
from tests.soak.crowd import Crowd
from tests.soak.faults import Fault, Saboteur
from tests.soak.fleet import Fleet
from tests.soak.judges import Evidence, judged, numbers
from tests.soak.memory import Scales
from tests.soak.notes import Notes
from tests.soak.offices import found_offices
from tests.soak.plan import Plan
from tests.soak.users import Hall
from tests.soak.work import Work

SETTLE_SECONDS = 300.0
OPEN = (
    "SELECT (SELECT count(*) FROM searches_search WHERE state IN ('queued', 'running'))"
    " + (SELECT count(*) FROM searches_probe WHERE state IN ('queued', 'running'))"
    " + (SELECT count(*) FROM searches_enrolment WHERE state IN ('queued', 'running'))"
)


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it: `findings` by judge, all empty when everything held."""

    plan: Plan
    seconds: float
    settling: float
    faults: list[Fault]
    answers: Counter[str]
    starts: int
    numbers: dict[str, Any]
    evidence: Evidence
    findings: dict[str, list[str]]

    @property
    def holds(self) -> bool:
        return not any(self.findings.values())


def soak(fleet: Fleet, plan: Plan, *, limit: float, warm_up: float) -> Soaked:
    """Let the crowd do the plan's work for at most `limit` seconds, disturbed, and judge."""
    notes, work = Notes(), Work(plan)
    hall = Hall(fleet.port, plan, found_offices(fleet.place), work, notes)
    fleet.open()
    crowd, scales = Crowd(hall), Scales(fleet)
    saboteur = Saboteur(fleet, plan, lambda: work.share)
    began = time.monotonic()
    for one in (scales, saboteur):
        one.start()
    crowd.start()
    crowd.join(limit)
    seconds = time.monotonic() - began
    saboteur.end()
    fleet.mend()
    settling = _settle(fleet)
    scales.end()
    fleet.end_processes()
    for complaint in crowd.complaints():
        notes.object(complaint)
    if work.share < 1:
        notes.object(f"{work.done} of {plan.acts} acts were done")
    growths = scales.growths(warm_up)
    strays, done = len(stray_files(fleet.place)), saboteur.done
    evidence = Evidence(fleet.place, hall.offices, notes, growths, strays, len(done))
    return Soaked(
        plan=plan,
        seconds=seconds,
        settling=settling,
        faults=done,
        answers=notes.answers,
        starts=sum(one.starts for one in fleet.kept),
        numbers=numbers(fleet.place),
        evidence=evidence,
        findings=judged(evidence),
    )


def _settle(fleet: Fleet) -> float:
    """Wait until nothing is open any more, but not for ever; the seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < SETTLE_SECONDS and fleet.place.value(OPEN):
        time.sleep(0.2)
    return time.monotonic() - began
