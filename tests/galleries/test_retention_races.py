"""Two at the same time: holds and erasures, searches and the end of their probe."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import today_at
from accounts.actor import system_actor
from portal.tenancy import scope
from searches.models import FaceImage
from searches.services.probe_expiry import expire_probe
from tests.factories import make_case, make_image, make_probe, make_search, person_jpeg
from tests.galleries.cast_retention import make_hold
from tests.searches.committed import Place, committed_place

EACH_TEST_ALONE = True


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as made, scope(made.agency.pk):
        yield made


def aside(place: Place, act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """The act in a connection of its own, started; its result or its refusal."""
    results: list[object] = []

    def run() -> None:
        try:
            with scope(place.agency.pk):
                results.append(act())
        except IntegrityError as error:
            results.append(str(error))
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    return worker, results


def test_an_erasure_waits_for_a_hold_that_is_being_placed(place: Place) -> None:
    image = make_image(place.other, "P-80")
    gone = {"erased_at": timezone.now(), "sha256": "", "file_key": "", "portrait_key": ""}
    with transaction.atomic():
        make_hold(image.gallery)
        worker, results = aside(place, lambda: FaceImage.objects.filter(pk=image.pk).update(**gone))
        worker.join(1.0)
        assert worker.is_alive()  # neither emptied nor refused before the hold is certain
    worker.join(30)
    assert len(results) == 1
    assert "image_under_hold" in str(results[0])
    assert FaceImage.objects.get(pk=image.pk).file_key


def test_a_search_that_is_being_asked_for_is_waited_for(place: Place) -> None:
    make_image(place.other, "P-81")
    probe = make_probe(make_case(place.agency, "2026-race"), person_jpeg(8))
    with transaction.atomic():
        make_search(probe, [place.other], run=False)
        worker, results = aside(
            place,
            lambda: expire_probe(
                actor=system_actor("retention", place.agency.pk),
                probe=probe,
                today=today_at(place.agency.pk).replace(year=2028),
                time_zone="UTC",
            ),
        )
        worker.join(1.0)
        assert worker.is_alive()
    worker.join(30)
    probe.refresh_from_db()
    assert (results, bool(probe.file_key)) == ([False], True)
