"""The rules about habits and about accounts, at their thresholds and just below."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from oversight.misuse import (
    burst,
    no_outcome,
    off_hours,
    portrait_like_probe,
    related_accounts,
    searches_per_case,
    searches_per_conclusion,
)
from oversight.misuse.facts import PersonFact, SearchFact, UseFact
from oversight.misuse.names import nearly_equal
from oversight.misuse.registry import RULES, explanation
from tests.oversight.worlds import NOW, case_id, search, world

NIGHT = 10 / 24  # Wednesday noon minus that is 2 o'clock at night
SERIOUS = "serious_violent_offence"


def posed(count: int, of: int, purpose: str = SERIOUS) -> list[SearchFact]:
    return [search(n, purpose=purpose, portrait_like=n < count) for n in range(of)]


def test_half_of_five_pictures_posed_is_a_habit() -> None:
    (found,) = portrait_like_probe.find(world(posed(3, 6)))
    assert (found.key, set(found.people), found.numbers["posed"]) == ("1", {1}, 3)
    assert portrait_like_probe.find(world(posed(3, 7))) == []
    assert portrait_like_probe.find(world(posed(4, 4))) == []
    assert portrait_like_probe.find(world([search(1, portrait_like=True, purpose=SERIOUS)])) == []
    assert portrait_like_probe.find(world(posed(6, 6, "missing_person"))) == []


def cases_with(*counts: int) -> list[SearchFact]:
    return [search(n, case=c) for c, count in enumerate(counts, start=1) for n in range(count)]


def test_a_case_with_three_times_the_usual() -> None:
    (found,) = searches_per_case.find(world(cases_with(12, 4, 4, 4, 4)))
    assert (found.case, found.numbers) == (case_id(1), {"searches": 12, "usual": 4, "cases": 5})
    assert found.people == {1, 99}
    assert searches_per_case.find(world(cases_with(11, 4, 4, 4, 4))) == []
    assert searches_per_case.find(world(cases_with(9, 1, 1, 1, 1))) == []
    (new,) = searches_per_case.find(world(cases_with(10, 4)))
    assert new.numbers["usual"] == 0
    (many,) = searches_per_case.find(world(cases_with(20, 9, 9, 9, 9)))
    assert many.severity == "medium"
    assert searches_per_case.find(world(cases_with(19, 9, 9, 9, 9))) == []


def worked(count: int, done: int, *, days: float = 60, person: int = 1) -> list[SearchFact]:
    return [search(days + n / 100, person=person, concluded=n < done) for n in range(count)]


def test_five_searches_to_a_conclusion_are_many() -> None:
    (found,) = searches_per_conclusion.find(world(worked(10, 2)))
    assert (found.numbers["searches"], found.numbers["conclusions"]) == (10, 2)
    assert searches_per_conclusion.find(world(worked(10, 3))) == []
    assert searches_per_conclusion.find(world(worked(9, 0))) == []
    assert searches_per_conclusion.find(world(worked(10, 0, days=29))) == []
    others = [row for n in range(2, 6) for row in worked(6, 2, person=n)]
    assert searches_per_conclusion.find(world(worked(10, 2) + others)) == []
    (more,) = searches_per_conclusion.find(world(worked(12, 2) + others))
    assert more.numbers["usual"] == 3


def at_night(count: int, of: int, person: int = 1) -> list[SearchFact]:
    """On Wednesdays, at 2 o'clock or at noon."""
    times = [7 * (n % 10) + (NIGHT if n < count else n / 1e4) for n in range(of)]
    return [search(days, person=person) for days in times]


def test_half_of_eight_searches_at_night() -> None:
    (found,) = off_hours.find(world(at_night(4, 8)))
    assert (found.numbers["off"], found.numbers["others"]) == (4, None)
    assert off_hours.find(world(at_night(4, 9))) == []
    assert off_hours.find(world(at_night(7, 7))) == []
    shift = [one for n in range(2, 4) for one in at_night(3, 10, person=n)]
    assert [one.key for one in off_hours.find(world(at_night(4, 8) + shift))] == []
    (against,) = off_hours.find(world(at_night(5, 8) + shift))
    assert against.numbers["others"] == 30


@pytest.mark.parametrize(
    ("hours", "is_off"), [(-6, False), (-6.01, True), (9.99, False), (10, True), (72, False)]
)
def test_nights_and_weekends_are_those_of_the_agency(hours: float, is_off: bool) -> None:
    """From Wednesday noon: 6 o'clock, just before, just before 22, 22, Saturday."""
    expected = True if hours == 72 else is_off
    assert off_hours.is_off_hours(NOW + timedelta(hours=hours)) is expected


def ended(open_ends: int, of: int, **more: object) -> list[SearchFact]:
    done = {"concluded": True, "is_lead": False}
    return [search(70 + n, **(more if n < open_ends else done)) for n in range(of)]


def test_five_searches_without_an_outcome() -> None:
    (found,) = no_outcome.find(world(ended(5, 10)))
    assert (found.numbers["without_conclusion"], found.numbers["without_follow_up"]) == (5, 0)
    assert no_outcome.find(world(ended(4, 4))) == []
    assert no_outcome.find(world(ended(5, 11))) == []
    (leads,) = no_outcome.find(world(ended(5, 5, concluded=True, is_lead=True)))
    assert leads.numbers["without_follow_up"] == 5
    followed = {"concluded": True, "is_lead": True, "followed_up": True}
    assert no_outcome.find(world(ended(5, 5, **followed))) == []
    assert no_outcome.find(world(ended(9, 9, gone=True))) == []
    assert no_outcome.find(world(worked(9, 0, days=59))) == []


def in_minutes(count: int, minutes: float) -> list[SearchFact]:
    step = minutes / 1440 / (count - 1)
    return [search(1 + n * step) for n in range(count)]


def test_ten_searches_within_an_hour() -> None:
    (found,) = burst.find(world(in_minutes(10, 59.9)))
    assert (found.numbers["searches"], found.numbers["minutes"]) == (10, 60)
    assert burst.find(world(in_minutes(10, 60.2))) == []
    assert burst.find(world(in_minutes(9, 10))) == []
    assert len(burst.find(world(in_minutes(30, 100)))) == 1


def person(number: int, name: str, email: str) -> PersonFact:
    return PersonFact(number, name, f"{email}@alder.example")


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (("John Smith", "a"), ("Smith, John", "b"), True),
        (("José Núñez", "a"), ("Jose Nunez", "b"), True),
        (("John Smith", "a"), ("Joan Smith", "b"), False),
        (("A", "j.smith"), ("B", "jsmith2"), True),
        (("A", "jsmith+x"), ("B", "j-smith"), True),
        (("A", "johnsmith"), ("B", "jonsmith"), True),
        (("A", "kim"), ("B", "tim"), False),
        (("A", "examiner1"), ("B", "examiner2"), False),
        (("A", "johnsmith"), ("B", "jonsmyth"), False),
        (("A", "first"), ("B", "second"), False),
    ],
)
def test_names_and_addresses_that_are_nearly_the_same(
    one: tuple[str, str], other: tuple[str, str], equal: bool
) -> None:
    assert nearly_equal(person(1, *one), person(2, *other)) is equal
    assert nearly_equal(person(2, *other), person(1, *one)) is equal


TWO = (person(1, "John Smith", "john"), person(2, "Mary Miller", "mary"))


def test_two_accounts_with_one_name_in_one_search() -> None:
    same = (TWO[0], person(2, "Smith John", "other"))
    rows = [search(1, person=1, examiners=(2,))]
    (found,) = related_accounts.find(world(rows, people=same))
    assert (found.key, set(found.people), found.signals) == ("1:2", {1, 2}, ("names",))
    assert related_accounts.find(world(rows, people=TWO)) == []
    assert related_accounts.find(world([search(1, person=1)], people=same)) == []
    (both,) = related_accounts.find(
        world([search(1, person=3, authorizer=1, examiners=(2, 4))], people=same)
    )
    assert both.people == {1, 2}


def turns(count: int, minutes: float, *people: int) -> list[UseFact]:
    """So many acts in case 1 from one address, by these people in turns."""
    start = NOW - timedelta(days=1)
    return [
        UseFact(
            people[n % len(people)], case_id(1), "10.0.0.9", start + n * timedelta(minutes=minutes)
        )
        for n in range(count)
    ]


def test_two_accounts_in_turns_at_an_address_of_their_own() -> None:
    rows = [search(1, person=1, examiners=(2,))]

    def signals(uses: Sequence[UseFact]) -> list[tuple[str, ...]]:
        return [one.signals for one in related_accounts.find(world(rows, people=TWO, uses=uses))]

    assert signals(turns(4, 10, 1, 2)) == [("source",)]
    assert signals(turns(3, 10, 1, 2)) == []
    assert signals(turns(4, 10.1, 1, 2)) == []
    assert signals(turns(9, 1, 1, 2, 3)) == []


def decided(asker: int, decider: int, count: int) -> list[SearchFact]:
    return [search(n + 1, person=asker, examiners=(decider,)) for n in range(count)]


def test_two_who_always_decide_for_each_other() -> None:
    others = decided(3, 4, 1) + decided(4, 5, 1)
    (found,) = related_accounts.find(world(decided(1, 2, 5) + decided(2, 1, 5) + others))
    assert (found.signals, found.numbers["searches"]) == (("mutual",), 10)
    assert related_accounts.find(world(decided(1, 2, 5) + decided(2, 1, 4) + others)) == []
    assert related_accounts.find(world(decided(1, 2, 5) + decided(2, 1, 5))) == []
    spread = decided(1, 2, 5) + decided(2, 1, 5) + decided(1, 3, 2) + others
    assert related_accounts.find(world(spread)) == []


def test_every_rule_explains_itself_with_its_numbers() -> None:
    worlds = {
        "searches_per_case": world(cases_with(12, 4, 4, 4, 4)),
        "searches_per_conclusion": world(worked(10, 2)),
        "off_hours": world(at_night(4, 8)),
        "no_outcome": world(ended(5, 10)),
        "burst": world(in_minutes(10, 30)),
        "portrait_like_probe": world(posed(3, 6)),
        "related_accounts": world(
            decided(1, 2, 5) + decided(2, 1, 5) + decided(3, 4, 1) + decided(4, 5, 1)
        ),
    }
    for code, given in worlds.items():
        (found,) = RULES[code].find(given)
        sentences = explanation(code, found.numbers, found.signals)
        assert str(found.numbers["searches"]) in sentences[0], code
        assert "%(" not in " ".join(sentences)
        assert len(sentences) == 1 + len(found.signals)
