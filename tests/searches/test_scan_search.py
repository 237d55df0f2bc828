"""A search whose gallery is held in memory: the same candidates, and it says how it compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.timezone import localtime
from pytest_django.plugin import DjangoDbBlocker

from portal.days import day_in_words
from portal.tenancy import scope
from searches.models import Search
from searches.scan.budget import evict
from searches.scan.building import build
from searches.scan.files import Key
from searches.scan.opened import close_stale
from searches.scan.shown import comparison_of
from searches.scan_words import comparison_in_words
from tests.api.searches_cast import Callers
from tests.factories import make_search
from tests.searches.committed import Place, committed_place
from tests.searches.scanned import folder_in_memory

EACH_TEST_ALONE = True

EXACT = "Every picture was compared exactly"


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with folder_in_memory(), django_db_blocker.unblock(), committed_place() as made:
        with scope(made.agency.pk):
            yield made
        close_stale(lambda key: None)


def candidates(search: Search) -> list[tuple[object, ...]]:
    return list(search.candidates.values_list("rank", "subject_id", "image_id", "similarity"))


def test_the_candidates_are_the_same_and_it_is_said_how_they_were_found(place: Place) -> None:
    exactly = make_search(place.probe, [place.gallery, place.other])
    assert exactly.comparison == {"scanned": []}
    assert comparison_in_words(exactly.comparison) == comparison_in_words({}) == EXACT
    assert comparison_of(place.gallery) == "Every picture is compared exactly"

    place.gallery.refresh_from_db()
    assert place.gallery.contract_id is not None
    key = Key(place.agency.pk, place.gallery.contract_id, place.gallery.pk)
    assert build(key) is not None
    scanned = make_search(place.probe, [place.gallery, place.other])
    assert [one["gallery"] for one in scanned.comparison["scanned"]] == [str(place.gallery.pk)]
    assert candidates(scanned) == candidates(exactly)
    assert scanned.templates_searched == exactly.templates_searched
    words = comparison_in_words(scanned.comparison)
    today = day_in_words(localtime().date())
    assert f"it found 100.00% of the nearest pictures (7 searches, {today})" in words
    assert words == comparison_of(place.gallery), "the same words before and after"
    told = Callers(place.office)["analyst"].get("api_search", scanned.pk).json()["comparison"]
    (part,) = scanned.comparison["scanned"]
    assert part["measured_on"] == 7
    assert told == {"text": words, "scanned": [part | {"grant": None, "shards": 1}]}
    told = Callers(place.office)["analyst"].get("api_search", exactly.pk).json()["comparison"]
    assert told == {"text": EXACT, "scanned": []}
    assert evict(key)
    assert make_search(place.probe, [place.gallery]).comparison == {"scanned": []}
