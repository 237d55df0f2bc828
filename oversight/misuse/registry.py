"""The rules there are, and how a finding is put into words."""

from collections.abc import Sequence

from django.utils.functional import Promise

from oversight.misuse import (
    burst,
    no_outcome,
    off_hours,
    one_owner_many_faces,
    portrait_like_probe,
    related_accounts,
    same_face_other_case,
    searches_per_case,
    searches_per_conclusion,
    unrelated_faces,
)
from oversight.misuse.facts import Numbers, Rule

RULES: dict[str, Rule] = {
    module.RULE.code: module.RULE
    for module in (
        unrelated_faces,
        same_face_other_case,
        one_owner_many_faces,
        portrait_like_probe,
        searches_per_case,
        searches_per_conclusion,
        off_hours,
        no_outcome,
        burst,
        related_accounts,
    )
}
SIGNALS: dict[str, str | Promise] = {**unrelated_faces.SIGNALS, **related_accounts.SIGNALS}


def explanation(code: str, numbers: Numbers, signals: Sequence[str]) -> list[str]:
    """What was found, in words, with the numbers: the rule's sentence, then one per sign."""
    return [RULES[code].explain(numbers), *(str(SIGNALS[name]) for name in signals)]
