"""Liveness, readiness and what `doctor` says of lags."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency
from portal import operating
from portal.doctor import Level, examine
from portal.observing import readiness
from portal.tenancy import scope
from searches.models import Enrolment
from tests.factories import make_enrolment, make_gallery, person_jpeg


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    readiness.forget()


def away(*_given: object) -> None:
    raise DatabaseError("Where it stands, and as whom one may come in")


def test_liveness_asks_for_nothing(
    client: Client, django_assert_num_queries: Any, db: None
) -> None:
    operating.forget()
    with django_assert_num_queries(0):
        assert client.get(reverse("live")).json() == {"status": "ok"}


def test_readiness_names_what_is_missing_and_tells_nothing_of_it(
    client: Client, models: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("ready")
    assert client.get(address).json() == {"status": "ready", "missing": [], "impaired": []}
    monkeypatch.setitem(readiness.USEFUL, "broker", away)
    monkeypatch.setitem(readiness.NEEDED, "files", away)
    assert client.get(address).status_code == 200  # for five seconds the same answer
    readiness.forget()
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "missing": ["files"], "impaired": ["broker"]}


def test_pages_go_on_without_broker_and_engine(
    client: Client, db: None, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODELS_DIR = tmp_path / "nothing"
    monkeypatch.setitem(readiness.USEFUL, "broker", away)
    answer = client.get(reverse("ready"))
    assert (answer.status_code, answer.json()["impaired"]) == (200, ["broker", "engine"])


def test_doctor_says_what_is_behind(alder: Agency, bells: list[Any], settings: Any) -> None:
    found = {finding.part: finding for finding in examine()}
    assert found["queue"].level is Level.OK
    assert found["retention"].level is Level.OK
    assert (found["metrics"].level, found["traces"].level) == (Level.WARNING, Level.OK)
    with scope(alder.pk):
        old = make_enrolment(make_gallery(alder), "S-1", person_jpeg(1))
        long_ago = timezone.now() - timedelta(hours=1)
        Enrolment.objects.filter(pk=old.pk).update(created_at=long_ago)
    settings.OTLP_URL = "http://127.0.0.1:9"
    found = {finding.part: finding for finding in examine()}
    assert found["queue"].level is Level.WARNING
    assert "enrolment" in found["queue"].detail
    assert found["traces"].level is Level.WARNING
