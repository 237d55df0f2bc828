"""The pictures of exercises: alike where it should not help, different where it should."""

from dataclasses import replace

import numpy as np

from training.faces import (
    PADDED,
    disguised,
    distance,
    left_picture,
    most_similar,
    on_the_spot,
    padded_jpeg,
    person,
    right_picture,
)
from training.pairs import FIRST, lay_out


def test_pairs_are_mixed_and_foreseen_by_nobody() -> None:
    layouts = [lay_out(20) for _ in range(8)]
    mated = [sum(pair.left_person == pair.right_person for pair in one) for one in layouts]
    assert all(8 <= number <= 12 for number in mated)
    assert len({tuple(p.left_person == p.right_person for p in one) for one in layouts}) == 8
    people = [pair.left_person for one in layouts for pair in one]
    assert len(set(people)) == len(people)
    assert min(people) >= FIRST


def test_the_second_of_two_people_differs_in_shape_alone() -> None:
    model, other = person(FIRST), person(FIRST + 1)
    shown = disguised(other, model)
    assert (shown.hair, shown.beard, shown.seed) == (model.hair, model.beard, model.seed)
    assert shown.skin == replace(model.skin, lines=other.skin.lines)
    assert shown.eyes.colour == model.eyes.colour
    assert distance(shown, other) == 0.0
    assert distance(shown, model) > 0.1
    assert shown.skin.moles == ()


def test_of_several_strangers_the_most_similar_is_shown() -> None:
    others = [FIRST + n for n in range(1, 30)]
    nearest = most_similar(FIRST, others)
    measured = {other: distance(person(FIRST), person(other)) for other in others}
    assert measured[nearest] == min(measured.values())


def test_a_picture_is_the_same_each_time_and_always_as_long() -> None:
    once, again = left_picture(FIRST, 7), left_picture(FIRST, 7)
    assert np.array_equal(once, again)
    same = right_picture(FIRST, 8, model_seed=FIRST)
    other = right_picture(FIRST + 1, 8, model_seed=FIRST)
    assert not np.array_equal(same, other)
    sizes = {len(padded_jpeg(picture)) for picture in (once, same, other)}
    assert sizes == {PADDED}
    assert on_the_spot(7).size == once.shape[0]
    assert padded_jpeg(once).startswith(b"\xff\xd8")
