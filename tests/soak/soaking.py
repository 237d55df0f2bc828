"""One soak from the founding of the agencies to the verdict."""

import time
from dataclasses import dataclass
from typing import Any

from tests.searches.invariants import stray_files
from tests.soak.crowd import Crowd
from tests.soak.evidence import Evidence
from tests.soak.faults import Fault, Saboteur
from tests.soak.fleet import Fleet
from tests.soak.judges import judged, numbers
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
    scales = Scales(fleet.open())
    scales.start()
    began = time.monotonic()
    faults = _worked(fleet, hall, limit)
    seconds = time.monotonic() - began
    fleet.mend()
    settling = _settle(fleet)
    scales.end()
    fleet.end_processes()
    evidence = Evidence(
        place=fleet.place,
        offices=hall.offices,
        notes=notes,
        growths=scales.growths(warm_up),
        most_growth=plan.most_growth,
        strays=len(stray_files(fleet.place)),
        faults=len(faults),
    )
    return Soaked(
        plan=plan,
        seconds=seconds,
        settling=settling,
        faults=faults,
        starts=sum(one.starts for one in fleet.kept),
        numbers=numbers(fleet.place),
        evidence=evidence,
        findings=judged(evidence),
    )


def _worked(fleet: Fleet, hall: Hall, limit: float) -> list[Fault]:
    """The crowd at work; what was done to the fleet meanwhile."""
    crowd, saboteur = Crowd(hall), Saboteur(fleet, hall.plan, lambda: hall.work.share)
    saboteur.start()
    crowd.start()
    crowd.join(limit)
    saboteur.end()
    for complaint in crowd.complaints():
        hall.notes.object(complaint)
    if fleet.error is not None:
        hall.notes.object(f"What died was not started again: {fleet.error!r}")
    if hall.work.share < 1:
        hall.notes.object(f"{hall.work.done} of {hall.plan.acts} acts were done")
    return saboteur.done


def _settle(fleet: Fleet) -> float:
    """Wait until nothing is open any more, but not for ever; the seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < SETTLE_SECONDS and fleet.place.value(OPEN):
        time.sleep(0.2)
    return time.monotonic() - began
