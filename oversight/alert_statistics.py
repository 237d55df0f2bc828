"""How useful each rule is: what became of its alerts, counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from accounts.actor import Actor
from oversight.alert_queries import alerts_for
from oversight.misuse.facts import Rule
from oversight.misuse.registry import RULES
from oversight.models.alert import USEFUL, AlertDisposition

# Below, a share would be read as more than it is.
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Decided:
    """An alert as the statistic needs it."""

    rule: str
    opened_at: datetime
    closed_at: datetime | None
    disposition: str


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """`share` and `days` are None while fewer than ENOUGH alerts are decided."""

    rule: Rule
    raised: int
    is_open: int
    decisions: dict[str, int]

    share: int | None
    days: float | None

    @property
    def decided(self) -> int:
        return sum(self.decisions.values())

    @property
    def useful(self) -> int:
        return sum(self.decisions[one] for one in USEFUL)


def figures_for(actor: Actor) -> list[RuleFigures]:
    """Of all alerts that this person may know of, by rule."""
    rows = alerts_for(actor).values_list("rule", "opened_at", "closed_at", "disposition")
    return figures_of([Decided(*row) for row in rows])


def figures_of(alerts: Iterable[Decided]) -> list[RuleFigures]:
    by_rule: dict[str, list[Decided]] = {code: [] for code in RULES}
    for one in alerts:
        by_rule.setdefault(one.rule, []).append(one)
    return [_figures(RULES[code], rows) for code, rows in by_rule.items() if code in RULES]


def _figures(rule: Rule, rows: list[Decided]) -> RuleFigures:
    decisions = {
        value: sum(one.disposition == value for one in rows) for value in AlertDisposition.values
    }
    decided = sum(decisions.values())
    useful = sum(decisions[one] for one in USEFUL)
    took = [(one.closed_at - one.opened_at).total_seconds() for one in rows if one.closed_at]
    enough = decided >= ENOUGH
    return RuleFigures(
        rule=rule,
        raised=len(rows),
        is_open=len(rows) - decided,
        decisions=decisions,
        share=round(100 * useful / decided) if enough else None,
        days=median(took) / 86400 if enough else None,
    )
