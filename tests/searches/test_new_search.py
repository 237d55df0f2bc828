"""What a new search says on its way: the quality of a face, the cost, what happens now."""

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, User
from accounts.usage import Allowance, allowance
from searches.costs import cost_words
from searches.engines.base import Quality
from searches.face_advice import advice_for, advice_on
from searches.models import Gallery, JobState, Probe, Search
from searches.progress import progress_of_search
from tests.factories import (
    FACE,
    make_case,
    make_gallery,
    make_image,
    make_license,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

GOOD = Quality(60.0, 0.5, 0.5, 0.0, 0.0, 0.0)


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    gallery = make_gallery(in_alder)
    for name in ("P-1", "P-2", "P-3"):
        make_image(gallery, name)
    return gallery


@pytest.fixture
def probe(in_alder: Agency, ana: User) -> Probe:
    return make_probe(make_case(in_alder, cap=3), person_jpeg(1))


# --- The quality of a face -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "finding", "remedy"),
    [
        ({"eye_distance": 38.2}, "38 px between the eyes", "closer or larger"),
        ({"sharpness": 0.1}, "blurred", "another frame"),
        ({"brightness": 0.1}, "very dark", "brightness and contrast"),
        ({"brightness": 0.95}, "very bright", "brightness and contrast"),
        ({"yaw": -40.0}, "turned to the side", "from the front"),
        ({"pitch": 30.0}, "up or down", "from the front"),
        ({"roll": -60.0}, "tilted", "upright"),
    ],
)
def test_what_stands_out_is_said_with_what_to_do(
    changed: dict[str, float], finding: str, remedy: str
) -> None:
    (one,) = advice_for(replace(FACE, quality=replace(GOOD, **changed)))
    assert finding in one.finding
    assert remedy in one.remedy
    assert advice_for(replace(FACE, quality=GOOD)) == []
    assert advice_on(replace(FACE, quality=replace(GOOD, **changed))) == [one.finding]


def test_it_is_said_where_the_face_is_chosen_and_where_it_is_submitted(
    client: Client, ana: User, probe: Probe, gallery: Gallery
) -> None:
    faces = probe.faces
    faces[0]["quality"]["eye_distance"] = 38.0
    Probe.objects.filter(pk=probe.pk).update(faces=faces)
    client.force_login(ana)
    text = client.get(reverse("probe", args=[probe.pk])).content.decode()
    choice, _, before = text.partition('id="before"')
    for part in (choice, before):
        assert "38 px between the eyes; results will be less reliable" in part
        assert "Look for a closer or larger picture" in part


# --- The cost ------------------------------------------------------------------------------------


def words(agency: Agency, left: int = 5, **terms: Any) -> list[str]:
    make_license(agency, **terms)
    return cost_words(allowance(agency.pk), left)


def test_what_the_search_takes_is_said_before_it_is_submitted(
    client: Client, in_alder: Agency, ana: User, probe: Probe, gallery: Gallery
) -> None:
    ends = date(2100, 1, 31)
    assert words(in_alder, ends_on=ends)[0] == (
        "This search counts against no limit: your license sets none until 31 Jan 2100."
    )
    assert (
        "one of 412 left until 31 Jan 2100"
        in words(in_alder, searches_per_term=412, ends_on=ends)[0]
    )
    # Of a month and a term the one that is used up first, until its own end.
    found = allowance(in_alder.pk)
    make_license(in_alder, searches_per_month=9, searches_per_term=412, ends_on=ends)
    found = allowance(in_alder.pk)
    assert found.month is not None
    month = replace(found, month=replace(found.month, period="2026-11"))
    assert "one of 9 left until 30 Nov 2026" in cost_words(month, 5)[0]
    make_license(in_alder, searches_per_month=1, ends_on=ends)
    assert "This search is the last one left until" in cost_words(allowance(in_alder.pk), 5)[0]
    assert "may have 5 more" in cost_words(found, 5)[1]
    assert "the last one that the case may have" in cost_words(found, 1)[1]
    assert "has had all its searches" in cost_words(found, 0)[1]
    assert cost_words(Allowance(None, "license_missing"), 5) == []

    client.force_login(ana)
    text = client.get(reverse("probe", args=[probe.pk])).content.decode()
    assert "This search is the last one left until" in text
    assert "The case may have 3 more" in text


def test_used_up_or_charged(
    client: Client, in_alder: Agency, ana: User, probe: Probe, gallery: Gallery
) -> None:
    make_license(in_alder, searches_per_term=1)
    make_search(probe, [gallery], run=False)
    assert cost_words(allowance(in_alder.pk), 5) == []
    client.force_login(ana)
    text = client.get(reverse("probe", args=[probe.pk])).content.decode()
    assert "quota_used_up" in text
    assert "Search this face" not in text
    assert "Save and go on later" in text  # nothing that was entered is lost by it
    found = allowance(in_alder.pk)
    assert found.term is not None
    charged = replace(found, overage=replace(found.term, allowed=8, used=0, reserved=0))
    assert "one of 8 beyond them, which are charged" in cost_words(charged, 5)[0]


# --- What happens now ----------------------------------------------------------------------------


def test_the_page_says_what_happens_now(
    client: Client, ana: User, probe: Probe, gallery: Gallery
) -> None:
    make_image(make_gallery(Agency.objects.get(pk=probe.agency_id), "Other"), "P-9")
    first, second = (make_search(probe, [gallery], run=False) for _ in range(2))
    client.force_login(ana)
    text = client.get(reverse("search", args=[first.pk])).content.decode()
    assert "Waiting its turn" in text
    assert "It is the next one of your agency." in text
    assert (
        "1 of your agency&#x27;s is before it."
        in client.get(reverse("search", args=[second.pk])).content.decode()
    )
    running = {"state": JobState.RUNNING, "claim": uuid.uuid4(), "attempts": 1}
    Search.objects.filter(pk=first.pk).update(**running)
    first.refresh_from_db()
    now = progress_of_search(first)
    assert now.now == "Measuring the face and comparing it with 3 pictures in 1 gallery"
    assert now.detail == ""
    answer = client.get(reverse("search", args=[first.pk]), headers={"HX-Request": "true"})
    assert "comparing it with 3 pictures" in answer.content.decode()
