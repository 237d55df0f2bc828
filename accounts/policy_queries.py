"""The security policies of an agency as its pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import SecurityPolicy
from accounts.models.policy import BOUNDS
from accounts.policies import FIELDS, Policy, as_values, installation_policy
from accounts.policy_words import WORDS, bound_in_words, value_in_words


@dataclass(frozen=True, slots=True)
class Row:
    """One policy in words; `bound` is empty where the installation sets none."""

    label: str
    explanation: str
    value: str
    bound: str


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


def rows_of(policy: Policy) -> list[Row]:
    """All policies that hold, in the order of the page."""
    values, floor = as_values(policy), as_values(installation_policy())
    return [
        Row(
            str(label),
            str(explanation),
            value_in_words(name, values[name]),
            bound_in_words(name, floor[name]) if name in BOUNDS else "",
        )
        for name, (label, explanation) in WORDS.items()
    ]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What is different, in words."""
    return [
        Change(
            str(WORDS[name][0]),
            value_in_words(name, before[name]),
            value_in_words(name, after[name]),
        )
        for name in WORDS
        if before[name] != after[name]
    ]


def history(versions: Iterable[SecurityPolicy]) -> list[tuple[SecurityPolicy, list[Change]]]:
    """Versions, the newest first, each with what it changed against the one before."""
    rows = list(versions)
    if not rows:
        return []
    numbers = [row.number - 1 for row in rows]
    # All but the last one's are on the page already.
    known = {row.number: row for row in rows}
    known |= {row.number: row for row in SecurityPolicy.objects.filter(number=numbers[-1])}
    found = []
    for row in rows:
        older = known.get(row.number - 1)
        before = as_values(installation_policy()) if older is None else _values(older)
        found.append((row, changes(before, _values(row))))
    return found


def _values(row: SecurityPolicy) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}
