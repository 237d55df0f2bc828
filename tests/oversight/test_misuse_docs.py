"""docs/misuse.md says what the code does."""

from pathlib import Path

import pytest

from oversight.misuse import (
    burst,
    faces,
    no_outcome,
    off_hours,
    one_owner_many_faces,
    portrait_like_probe,
    portraits,
    related_accounts,
    same_face_other_case,
    searches_per_case,
    searches_per_conclusion,
    unrelated_faces,
)
from oversight.misuse.facts import When
from oversight.misuse.registry import RULES
from oversight.models import AlertDisposition

TEXT = (Path(__file__).parents[2] / "docs" / "misuse.md").read_text()
NUMBERS = {
    "unrelated_faces": [
        f"{unrelated_faces.FACES_ALWAYS} people",
        f"or {unrelated_faces.FACES_WITH_SIGNAL} with",
        f"{unrelated_faces.CONCLUSION_EXPECTED.days} days",
    ],
    "same_face_other_case": [f"{same_face_other_case.WITHIN.days} days"],
    "one_owner_many_faces": [
        f"{one_owner_many_faces.LEAST_CASES} or more cases",
        f"{one_owner_many_faces.SPAN.days} days",
        f"{one_owner_many_faces.FACES_PER_CASE:g} people in each",
    ],
    "portrait_like_probe": [
        f"at least {portrait_like_probe.LEAST_SEARCHES} searches",
        f"{portrait_like_probe.SPAN.days} days",
    ],
    "searches_per_case": [
        f"{searches_per_case.LEAST_SEARCHES} searches",
        f"or {searches_per_case.ALWAYS}.",
        f"of {searches_per_case.ENOUGH_CASES} cases",
    ],
    "searches_per_conclusion": [
        f"at least {searches_per_conclusion.LEAST_SEARCHES} searches",
        f"to {searches_per_conclusion.MOST_PER_CONCLUSION:g} or fewer",
        f"{searches_per_conclusion.SETTLED_AFTER.days} to {searches_per_conclusion.SPAN.days} days",
        f"of {searches_per_conclusion.ENOUGH_PEOPLE} people",
    ],
    "off_hours": [
        f"at least {off_hours.LEAST_SEARCHES} searches in {off_hours.SPAN.days} days",
        f"{off_hours.NIGHT_FROM}:00 and {off_hours.NIGHT_UNTIL}:00",
        f"of {off_hours.ENOUGH_OTHERS} searches",
    ],
    "no_outcome": [
        f"at least {no_outcome.LEAST_SEARCHES} searches",
        f"older than {no_outcome.SETTLED_AFTER.days} days",
    ],
    "burst": [
        f"{burst.LEAST_SEARCHES} searches",
        f"within {burst.WITHIN.seconds // 60} minutes",
    ],
    "related_accounts": [
        f"{related_accounts.SPAN.days} days",
        f"{related_accounts.LEAST_HANDOVERS} times",
        f"within {related_accounts.HANDOVER.seconds // 60} minutes",
        f"{related_accounts.LEAST_EACH_WAY} each way",
        f"{related_accounts.LEAST_SHARE:.0%}".replace("%", " %"),
        f"{related_accounts.LEAST_OTHER_DECIDERS} others",
    ],
}


def row_of(code: str) -> str:
    return next(line for line in TEXT.splitlines() if line.startswith(f"| `{code}` |"))


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_is_there_with_its_thresholds(code: str) -> None:
    row = row_of(code).lower()
    assert ("each search" in row.split("|")[2]) == (RULES[code].when == When.FINISHED)
    for number in NUMBERS[code]:
        assert number in row, number


def test_no_rule_is_there_that_is_not_asked() -> None:
    table = TEXT.split("| rule |")[1].split("\n\n")[0]
    codes = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert codes == sorted(codes, key=list(codes).index)
    assert set(codes) == set(RULES)


@pytest.mark.parametrize("code", sorted(AlertDisposition.values))
def test_every_decision_is_there(code: str) -> None:
    assert f"| `{code}` |" in TEXT


def test_the_scales_and_the_measures_of_pictures_are_there() -> None:
    scale = faces.scale_of(0.92)
    for value in (scale.same, scale.different, scale.surely):
        assert f"{value:.2f}" in TEXT
    unpublished = faces.UNPUBLISHED
    said = f"{unpublished.same:.2f}, {unpublished.different:.2f} and {unpublished.surely:.2f}"
    assert said in TEXT
    assert f"yaw within {portraits.MOST_YAW:g} and pitch within {portraits.MOST_PITCH:g}" in TEXT
    assert f"{portraits.LEAST_SHARE:.0%}".replace("%", " %") in TEXT
    assert f"eye distance {portraits.LEAST_EYE_DISTANCE:g} pixels" in TEXT


def test_how_many_searches_raise_a_decided_finding_again() -> None:
    sentence = next(line for line in TEXT.splitlines() if "raised again only" in line)
    for rule in RULES.values():
        if rule.renewed_by > 1:
            assert f"`{rule.code}`" in sentence
            after = sentence.split(f"`{rule.code}`")[0].rsplit(" for ", 1)[0]
            assert after.rstrip().split()[-1] == str(rule.renewed_by), rule.code
