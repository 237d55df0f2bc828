"""What an evaluation is asked to do."""

from dataclasses import asdict, dataclass
from typing import Any

from evaluation.bootstrap import ROUNDS, SEED

FPIR_TARGETS = (0.1, 0.01, 0.003, 0.001)
FMR_TARGETS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
RANKS = (1, 20, 50)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the figures, beside the pictures and the engines.

    `enrol` is "all" (every picture but the searched one is enrolled) or "first" (the first picture
    of each subject that has a template, as NIST enrols one); `several` is "refuse" (a picture with
    several faces has no template, as in enrolment) or "largest".
    """

    enrol: str = "all"
    several: str = "refuse"
    rounds: int = ROUNDS
    seed: int = SEED
    fpir_targets: tuple[float, ...] = FPIR_TARGETS
    fmr_targets: tuple[float, ...] = FMR_TARGETS
    ranks: tuple[int, ...] = RANKS

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {name: list(getattr(self, name)) for name in _LISTS}


_LISTS = ("fpir_targets", "fmr_targets", "ranks")
