"""What judges look at, and what they are."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.searches.installation import Installation
from tests.soak.memory import Growth
from tests.soak.notes import Notes
from tests.soak.offices import Office

COMMAND_SECONDS = 7200.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of a fleet that has come to rest; rows are looked at as the superuser sees them."""

    place: Installation
    offices: list[Office]
    notes: Notes
    growths: list[Growth]
    most_growth: float
    strays: int
    """Files that no row named when the fleet had come to rest."""
    faults: int


Judge = Callable[[Evidence], list[str]]
"""Gives what it found wrong, in words."""


def commanded(evidence: Evidence, *command: str) -> list[str]:
    """What a command of the portal says when it does not end well."""
    started, log = evidence.place.start(*command)
    if started.wait(COMMAND_SECONDS) == 0:
        return []
    return [f"{' '.join(command)}: {log.read_text()[-3000:]}"]
