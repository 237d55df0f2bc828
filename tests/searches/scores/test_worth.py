"""The figure beside a similarity: kept with the candidate, and the same wherever it is shown."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency
from galleries.services import score_slices
from galleries.services.score_measuring import measure_scores, request_measurement
from galleries.services.score_thresholds import wish_rate
from searches.models import Candidate, Gallery, Search
from searches.score_words import list_in_words, threshold_in_words, worth_in_words
from searches.score_worth import distribution_in, latest_measurement
from tests.api.searches_cast import Callers
from tests.factories import make_search, person_jpeg
from tests.galleries.cast_reviews import make_measurement
from tests.searches.documents_cast import text_of, unpacked
from tests.searches.procedure import Office, conclude, filled_gallery, make_office, searched
from tests.searches.test_report import pdf_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]
SUBJECTS = 6
NOT_MEASURED = "Not measured: how often an unrelated person in this gallery would be as similar"


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder)


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, SUBJECTS)


def measure(gallery: Gallery, middle: float, n: int = 400) -> None:
    """Similarities of strangers around `middle`, in a gallery of half as many pictures."""
    found = np.random.default_rng(4).normal(middle, 0.05, n)
    half = SUBJECTS // 2
    make_measurement(gallery, found.round(6).tolist(), people=half, images=half)


def worths(search: Search) -> list[dict[str, Any]]:
    return list(search.candidates.order_by("rank").values_list("worth", flat=True))


def test_the_same_figure_everywhere(
    office: Office, gallery: Gallery, client: Client, tmp_path: Path
) -> None:
    measure(gallery, 0.0)
    wish_rate(actor=command_actor("test", office.agency.pk), gallery=gallery, rate=0.1)
    search = conclude(office, searched(office, person_jpeg(1), gallery), {1})
    measurement = latest_measurement(gallery.pk, gallery.contract_id)
    assert measurement is not None
    first = search.candidates.get(rank=1)
    figure = distribution_in(measurement).figure_at(first.similarity, SUBJECTS)
    assert figure is not None
    assert first.worth == figure.as_json() | {
        "measurement": str(measurement.pk),
        "measured_at": measurement.finished_at.isoformat() if measurement.finished_at else "",
        "source": "own",
        "wished": 0.1,
        "is_within": figure.is_within(0.1),
    }
    words = worth_in_words(first.worth)
    assert "of 1,000 searches of unrelated faces" in words
    assert "400 searches" in words
    client.force_login(office.people["analyst"])
    page = client.get(reverse("search", args=[search.pk])).content.decode()
    assert words in page
    assert list_in_words(worths(search)) in page
    told = Callers(office)["analyst"].get("api_candidates", search.pk).json()
    assert told["results"][0]["worth"] | {"measured_at": ""} == first.worth | {
        "measured_at": "",
        "text": words,
    }
    assert told["thresholds"] == list_in_words(worths(search))
    report = text_of(pdf_of(search))
    assert words in report
    assert told["thresholds"] in report
    bundle = unpacked(office, search, tmp_path / "bundle")
    listed = json.loads((bundle / "candidates.json").read_bytes())
    assert [one["worth"] for one in listed] == worths(search)


def test_it_stays_what_it_was(office: Office, gallery: Gallery) -> None:
    measure(gallery, 0.0)
    search = searched(office, person_jpeg(1), gallery)
    before = worths(search)
    measure(gallery, 0.5)
    wish_rate(actor=command_actor("test", office.agency.pk), gallery=gallery, rate=0.01)
    assert worths(search) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Candidate.objects.filter(search=search).update(worth={})
    later = make_search(search.probe, [gallery], actor=office.actor("analyst"))
    assert worths(later) != before
    assert all(one["rate"] > 0.9 and one["is_within"] is False for one in worths(later))
    assert "No candidate is above the threshold" in list_in_words(worths(later))
    assert threshold_in_words(worths(later)[0]) == (
        "Below the gallery's threshold: 1 in 100 searches."
    )
    assert later.candidates.count() == search.candidates.count(), "nobody is left out"


def test_what_was_not_measured_is_said_to_be(
    office: Office, gallery: Gallery, client: Client
) -> None:
    make_measurement(gallery, [0.1] * 299)
    search = conclude(office, searched(office, person_jpeg(1), gallery))
    assert worths(search) == [{}] * SUBJECTS
    client.force_login(office.people["analyst"])
    page = client.get(reverse("search", args=[search.pk])).content.decode()
    assert page.count(NOT_MEASURED) == SUBJECTS
    assert NOT_MEASURED in text_of(pdf_of(search))
    told = Callers(office)["analyst"].get("api_candidates", search.pk).json()
    assert {one["worth"] for one in told["results"]} == {None}


def test_a_search_does_not_wait_for_a_measurement(
    office: Office, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_slices, "SLICE", 0.0)
    monkeypatch.setattr(score_slices, "ROWS", 2)
    actor = command_actor("test", office.agency.pk)
    row = request_measurement(actor=actor, gallery=gallery, submission_key=uuid4())
    measure_scores(row.pk)
    row.refresh_from_db()
    assert row.is_open
    assert row.progress["position"], "it stands in the middle"
    assert worths(searched(office, person_jpeg(1), gallery)) == [{}] * SUBJECTS
    for _slice in range(SUBJECTS):
        measure_scores(row.pk)
    row.refresh_from_db()
    assert (row.state, row.n) == ("done", SUBJECTS // 3)


def test_nobody_sees_it_before_the_conclusion(
    office: Office, gallery: Gallery, client: Client
) -> None:
    measure(gallery, 0.0)
    search = searched(office, person_jpeg(1), gallery)
    for name in ("analyst", "supervisor", "first"):
        client.force_login(office.people[name])
        page = client.get(reverse("search", args=[search.pk]))
        assert "unrelated faces" not in page.content.decode().lower()
    refused = Callers(office)["analyst"].get("api_candidates", search.pk)
    assert refused.status_code == 409
