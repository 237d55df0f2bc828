"""How much is done in a soak, by how many, and how often it is disturbed."""

from dataclasses import dataclass

AGENCIES = ("alder", "birch")
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Plan:
    """All numbers are for both agencies together.

    `imported` of the enrolments go by imports of `archive` pictures. Disturbed is only the first
    part (`disturbed`) of the work: the rest shows that the fleet comes to rest, and how it grows.
    """

    searches: int
    enrolments: int
    faults: int
    seed: int
    imported: int
    archive: int
    embedded_broker: bool = False
    faces: int = 60
    longest: float = 5.0
    """For so many seconds at most something is stopped, cut or away."""
    most_growth: float = 1.10
    """From the first third of a process' life to its last."""
    disturbed: float = 0.85

    @property
    def acts(self) -> int:
        return self.searches + self.enrolments


def planned(
    searches: int, enrolments: int, faults: int, seed: int, *, embedded_broker: bool = False
) -> Plan:
    """Half of the enrolments one by one, half by imports of at most 500 pictures."""
    archive = max(1, min(500, enrolments // 8))
    imported = enrolments // 2 // archive * archive
    return Plan(searches, enrolments, faults, seed, imported, archive, embedded_broker)
