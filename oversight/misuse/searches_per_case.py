"""A case with far more searches than the agency's others."""

from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from oversight.misuse.facts import (
    Finding,
    Numbers,
    Rule,
    Severity,
    When,
    World,
    by_case,
    ids,
    present,
)

# One unknown person in a few pictures makes some searches; ten are unusual and may be right.
LEAST_SEARCHES = 10
# And three times what is usual at this agency, where enough cases say what that is.
TIMES_MEDIAN = 3
ENOUGH_CASES = 5
# So many are looked at, whatever is usual.
ALWAYS = 20


def find(world: World) -> list[Finding]:
    cases = by_case(world.searches)
    usual = median(map(len, cases.values())) if len(cases) >= ENOUGH_CASES else 0
    found = []
    for case, searches in cases.items():
        count = len(searches)
        if count < LEAST_SEARCHES or (count < ALWAYS and count < TIMES_MEDIAN * usual):
            continue
        people = frozenset(present(world.cases[case].owner, *(one.person for one in searches)))
        severity = Severity.MEDIUM if count >= ALWAYS else Severity.LOW
        numbers = {"searches": count, "usual": usual, "cases": len(cases)}
        found.append(Finding(str(case), severity, ids(searches), people, case, numbers))
    return found


def explain(numbers: Numbers) -> str:
    text = ngettext(
        "The case has %(searches)s search of the last year.",
        "The case has %(searches)s searches of the last year.",
        numbers["searches"],
    ) % {"searches": numbers["searches"]}
    if numbers["usual"]:
        usual = _("Half of the agency's %(cases)s cases have %(usual)g or fewer.") % {
            "cases": numbers["cases"],
            "usual": numbers["usual"],
        }
    else:
        usual = _("There are too few cases to say what is usual at the agency.")
    return f"{text} {usual}"


RULE = Rule(
    code="searches_per_case",
    title=gettext_lazy("Many searches in one case"),
    reason=gettext_lazy("A case that is used as a cover collects searches."),
    when=When.NIGHTLY,
    find=find,
    explain=explain,
    renewed_by=LEAST_SEARCHES,
)
