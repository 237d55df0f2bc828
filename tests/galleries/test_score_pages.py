"""The page of a gallery's scores: what it shows, what it refuses, what it asks for."""

import uuid

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, User
from galleries.services.score_measuring import measure_scores
from portal.audit.models import AuditEntry
from searches.models import Gallery, ScoreMeasurement
from tests.factories import make_gallery, make_image, unit
from tests.galleries.cast_reviews import make_measurement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    gallery = make_gallery(in_alder)
    make_image(gallery, "A-1", unit(1, 0))
    make_image(gallery, "B-1", unit(0, 1))
    gallery.refresh_from_db()
    return gallery


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def similarities(n: int = 400, middle: float = 0.4) -> list[float]:
    found: list[float] = np.random.default_rng(4).normal(middle, 0.05, n).round(6).tolist()
    return found


def shown(client: Client, gallery: Gallery) -> str:
    response = client.get(reverse("gallery_scores", args=[gallery.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_what_was_measured_is_shown_with_its_chart_and_table(
    admin: Client, gallery: Gallery
) -> None:
    assert "Nobody measured this gallery yet" in shown(admin, gallery)
    make_measurement(gallery, similarities(), people=2000)
    with CaptureQueriesContext(connection) as queries:
        page = shown(admin, gallery)
    assert len(queries) <= 25
    for words in ("400", "2,000", "Anderson and Darling", "<svg", "1 in 1000", "of 1,000"):
        assert words in page, words
    assert page.count('<polyline class="chart-course') == 3
    assert (
        reverse("gallery_scores", args=[gallery.pk])
        in admin.get(reverse("gallery", args=[gallery.pk])).content.decode()
    )


def test_too_few_searches_are_said_to_be(admin: Client, gallery: Gallery) -> None:
    make_measurement(gallery, similarities(50))
    page = shown(admin, gallery)
    assert "50 searches are too few to say anything: 300 are needed" in page
    assert '<polyline class="chart-course' not in page


def test_a_measurement_is_asked_for_once(admin: Client, gallery: Gallery) -> None:
    address = reverse("gallery_scores_measure", args=[gallery.pk])
    asked = {"submission_key": str(uuid.uuid4()), "source": ""}
    for _click in range(2):
        assert admin.post(address, asked).status_code == 302
    row = ScoreMeasurement.objects.get()
    assert "A measurement is under way" in shown(admin, gallery)
    again = admin.post(address, asked | {"submission_key": str(uuid.uuid4())})
    assert again.status_code == 422
    assert "score_running" in again.content.decode()
    measure_scores(row.pk)  # of two people
    page = shown(admin, gallery)
    assert "The last measurement could not be finished" in page
    assert "score_too_few" in page
    strange = admin.post(address, asked | {"source": str(uuid.uuid4())})
    assert strange.status_code == 422
    assert ScoreMeasurement.objects.count() == 1


def test_a_threshold_is_one_in_so_many(admin: Client, gallery: Gallery) -> None:
    make_measurement(gallery, similarities(), people=2000)
    address = reverse("gallery_scores_threshold", args=[gallery.pk])
    assert admin.post(address, {"one_in": "100"}).status_code == 302
    gallery.refresh_from_db()
    assert gallery.wished_fpir == 0.01
    assert "it lies at a similarity of 0.5" in shown(admin, gallery)
    for wrong in ("1", "10001", "0.7", "many"):
        assert admin.post(address, {"one_in": wrong}).status_code == 422
    gallery.refresh_from_db()
    assert gallery.wished_fpir == 0.01
    admin.post(address, {"one_in": "10000"})
    assert "Too few searches were measured to say where it lies" in shown(admin, gallery)
    admin.post(address, {"one_in": ""})
    gallery.refresh_from_db()
    assert gallery.wished_fpir is None


def test_a_shift_is_told_with_what_changed(admin: Client, gallery: Gallery) -> None:
    before = make_measurement(
        gallery, similarities(), people=1000, sources={"Custody": 900, "Old": 5}
    )
    moved = {"is_shift": True, "distance": 0.8, "significance": 0.0, "before": 0.4, "after": 0.6}
    after = make_measurement(
        gallery,
        similarities(middle=0.6),
        people=3000,
        compared_with=before,
        shift=moved,
        sources={"Custody": 2900, "Old": 5},
    )
    page = shown(admin, gallery)
    assert "went from 0.4000 to 0.6000" in page
    assert "People then: 1,000, now: 3,000" in page
    assert "Custody: 900 then, 2,900 now" in page
    assert "Old: 5 then" not in page
    assert "shifted (distance 0.80)" in page
    assert after.shift == moved


def test_who_may_look_and_who_may_act(
    gallery: Gallery, ana: User, bob: User, eli: User, client: Client
) -> None:
    acts = [reverse(f"gallery_scores_{act}", args=[gallery.pk]) for act in ("measure", "threshold")]
    sent = {"submission_key": str(uuid.uuid4()), "one_in": "100"}
    for user, seen, acted in ((ana, 200, 403), (eli, 403, 403), (bob, 404, 404)):
        client.force_login(user)
        assert client.get(reverse("gallery_scores", args=[gallery.pk])).status_code == seen
        assert [client.post(act, sent).status_code for act in acts] == [acted, acted]
    client.force_login(ana)
    assert "<form" not in shown(client, gallery).partition("<main")[2]
    gallery.refresh_from_db()
    assert (gallery.wished_fpir, ScoreMeasurement.objects.count()) == (None, 0)
    assert not AuditEntry.objects.filter(action__startswith="scores.").exists()
