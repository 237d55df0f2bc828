"""Which engines are measured: the installed one, or those that are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.faults import EvaluationFault
from searches.engines.registry import ENGINES
from searches.recognition import Slot, slot_of, slots


@dataclass(frozen=True, slots=True)
class Contender:
    """An engine to measure, and what it is called in the report."""

    label: str
    slot: Slot


def contenders(named: Sequence[str]) -> list[Contender]:
    """`named` are KIND or KIND:PACKAGE, a registered engine and the folder of its model package.

    Nothing named is the installation's engine. A kind alone that the settings name has the
    settings' package. Raises EvaluationFault: engine_unknown or engine_given_twice.
    """
    if not named:
        return [Contender(slots()[0].kind, slots()[0])]
    found: list[Contender] = []
    for name in named:
        contender = _contender(name)
        if any(other.slot == contender.slot for other in found):
            raise EvaluationFault("engine_given_twice", engine=name)
        taken = {other.label for other in found}
        label, number = contender.label, 2
        while label in taken:
            label, number = f"{contender.label} ({number})", number + 1
        found.append(Contender(label, contender.slot))
    return found


def _contender(name: str) -> Contender:
    kind, _, package = name.partition(":")
    if kind not in ENGINES:
        raise EvaluationFault("engine_unknown", engine=kind, known=", ".join(sorted(ENGINES)))
    if package:
        return Contender(f"{kind} {Path(package).name}", slot_of(kind, package))
    configured = [slot for slot in slots() if slot.kind == kind]
    return Contender(kind, configured[0] if configured else slot_of(kind, ""))
