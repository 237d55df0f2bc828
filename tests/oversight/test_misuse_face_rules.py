"""The rules about faces, at their thresholds and just below."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from oversight.misuse import one_owner_many_faces, same_face_other_case, unrelated_faces
from oversight.misuse.faces import UNPUBLISHED, first_of_each, scale_of
from oversight.misuse.facts import World
from oversight.misuse.portraits import looks_posed
from oversight.misuse.unrelated_faces import CONCLUSION_EXPECTED
from searches.engines.base import Box, Face, Quality
from tests.oversight.worlds import at_cosine, nobody_else, search, world

FRESH = CONCLUSION_EXPECTED / timedelta(days=1) - 0.1


def people_in(given: World) -> int:
    return len(first_of_each(given.searches, given))


@pytest.mark.parametrize(
    ("cosine", "people"), [(0.95, 1), (0.9, 1), (0.89, 1), (0.876, 1), (0.874, 2), (0.1, 2)]
)
def test_two_faces_are_two_people_only_when_clearly_below(cosine: float, people: int) -> None:
    rows = [search(2), search(1)]
    assert people_in(world(rows, faces=[at_cosine(1), at_cosine(cosine)])) == people


def test_a_face_between_two_people_is_no_third() -> None:
    rows = [search(3), search(2), search(1)]
    given = world(rows, faces=[at_cosine(1), at_cosine(0.5), at_cosine(0.88)])
    assert people_in(given) == 2


def test_faces_of_two_engines_are_not_compared() -> None:
    rows = [search(2), search(1)]
    given = world(rows, faces=[nobody_else(0), nobody_else(1)])
    other = dict(given.faces)
    other[rows[1].id] = type(other[rows[1].id])("d", nobody_else(1))
    assert people_in(World(given.now, given.searches, faces=other, scales=given.scales)) == 1


def test_the_scale_follows_the_published_threshold() -> None:
    scale = scale_of(0.92)
    assert (scale.same, round(scale.surely, 6), round(scale.different, 6)) == (0.92, 0.96, 0.9)
    assert scale_of(None) == UNPUBLISHED


def in_one_case(faces: int, *, owner: int | None = 2, **more: Any) -> World:
    rows = [search(FRESH - n / 100, person=1 + n % 2, **more) for n in range(faces)]
    return world(rows, faces=[nobody_else(n) for n in range(faces)], owners={1: owner}, opener=2)


def test_three_people_in_a_case_always_alert_and_two_do_not() -> None:
    assert unrelated_faces.find(in_one_case(2)) == []
    (found,) = unrelated_faces.find(in_one_case(3))
    assert (found.numbers["faces"], found.signals, found.severity) == (3, (), "medium")
    assert found.people == {1, 2}
    assert len(found.searches) == 3


def test_two_people_alert_with_a_sign() -> None:
    (posed,) = unrelated_faces.find(in_one_case(2, portrait_like=True))
    assert posed.signals == ("portraits",)
    alone = [search(2, person=5), search(1, person=5)]
    faces = [nobody_else(0), nobody_else(1)]
    (by_one,) = unrelated_faces.find(world(alone, faces=faces, owners={1: 5}, opener=5))
    assert (by_one.signals, set(by_one.people)) == (("alone",), {5})
    assert unrelated_faces.find(world(alone, faces=faces, owners={1: 6}, opener=5)) == []
    assert unrelated_faces.find(world(alone[:1], faces=faces, owners={1: 5}, opener=5)) == []


def test_no_conclusion_is_a_sign_only_after_some_days() -> None:
    faces = [nobody_else(0), nobody_else(1)]
    old = CONCLUSION_EXPECTED / timedelta(days=1)
    rows = [search(old, person=1), search(1, person=2)]
    (found,) = unrelated_faces.find(world(rows, faces=faces))
    assert found.signals == ("no_conclusion",)
    rows = [search(FRESH, person=1), search(1, person=2)]
    assert unrelated_faces.find(world(rows, faces=faces)) == []
    rows = [search(old, person=1, concluded=True), search(1, person=2)]
    assert unrelated_faces.find(world(rows, faces=faces)) == []


def test_a_later_search_of_a_known_face_is_nothing_new() -> None:
    first = in_one_case(3)
    again = search(0.1, person=1)
    faces = dict(first.faces) | {again.id: first.faces[first.searches[0].id]}
    more = World(first.now, (*first.searches, again), first.cases, faces=faces, scales=first.scales)
    (before,), (after,) = unrelated_faces.find(first), unrelated_faces.find(more)
    assert before.searches == after.searches


def pair(cosine: float, days: float, *, owners: dict[int, int | None], case: int = 2) -> World:
    rows = [search(days, case=1), search(0, case=case)]
    return world(rows, faces=[at_cosine(1), at_cosine(cosine)], owners=owners)


def test_the_same_face_in_another_case_within_a_year() -> None:
    owners: dict[int, int | None] = {1: 7, 2: 8}
    (found,) = same_face_other_case.find(pair(0.951, 365, owners=owners))
    assert (found.numbers["days"], found.severity) == (365, "medium")
    assert found.people == {1, 7, 8}
    assert same_face_other_case.find(pair(0.949, 10, owners=owners)) == []
    assert same_face_other_case.find(pair(0.99, 365.1, owners=owners)) == []
    assert same_face_other_case.find(pair(0.99, 10, owners={1: 7}, case=1)) == []
    (weaker,) = same_face_other_case.find(pair(0.99, 10, owners={1: 7, 2: 7}))
    assert weaker.severity == "low"


def test_a_face_in_three_cases_is_two_findings_that_stay_when_the_year_moves_on() -> None:
    rows = [search(300, case=1), search(200, case=2), search(100, case=3)]
    face = at_cosine(1)
    keys = [one.key for one in same_face_other_case.find(world(rows, faces=[face] * 3))]
    assert len(keys) == 2
    later = [one.key for one in same_face_other_case.find(world(rows[1:], faces=[face] * 2))]
    assert later == keys[1:]


def of_one_owner(cases: int, faces_each: int) -> World:
    rows = [
        search(case + n / 10, case=case) for case in range(1, cases + 1) for n in range(faces_each)
    ]
    owners: dict[int, int | None] = dict.fromkeys(range(1, cases + 1), 7)
    return world(rows, faces=[nobody_else(n) for n in range(len(rows))], owners=owners)


def test_many_people_over_the_cases_of_one_owner() -> None:
    (found,) = one_owner_many_faces.find(of_one_owner(3, 2))
    assert (found.key, set(found.people), found.numbers["faces"]) == ("7", {7}, 6)
    assert one_owner_many_faces.find(of_one_owner(2, 2)) == []
    assert one_owner_many_faces.find(of_one_owner(12, 1)) == []


FACE = Face(
    box=Box(120, 110, 280, 290),
    landmarks=((170, 180), (230, 180), (200, 210), (175, 240), (225, 240)),
    score=1.0,
    quality=Quality(60.0, 0.5, 0.5, 12.0, -20.0, 0.0),
)


def posed(**quality: float) -> bool:
    values = {name: getattr(FACE.quality, name) for name in Quality.__dataclass_fields__}
    face = Face(FACE.box, FACE.landmarks, 1.0, Quality(**values | quality))
    return looks_posed(face, width=400, height=400, kind="cctv", cropped=False)


def test_a_posed_picture_is_one_in_every_measure() -> None:
    assert posed()
    assert not posed(yaw=12.1)
    assert not posed(pitch=20.1)
    assert not posed(sharpness=0.49)
    assert not posed(eye_distance=59.9)
    given = {"kind": "cctv", "cropped": False}
    assert looks_posed(FACE, width=400, height=720, **given)  # type: ignore[arg-type]
    assert not looks_posed(FACE, width=400, height=721, **given)  # type: ignore[arg-type]
    assert not looks_posed(FACE, width=700, height=400, **given)  # type: ignore[arg-type]
    assert not looks_posed(FACE, width=400, height=400, kind="cctv", cropped=True)
    assert not looks_posed(None, width=400, height=400, kind="cctv", cropped=False)


@pytest.mark.parametrize("kind", ["social_media", "document_photo"])
def test_what_its_uploader_says_counts_without_a_measure(kind: str) -> None:
    assert looks_posed(None, width=None, height=None, kind=kind, cropped=True)


def test_templates_come_as_they_were() -> None:
    assert np.isclose(float(at_cosine(0.3) @ at_cosine(1)), 0.3)
