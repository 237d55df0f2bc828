"""A gallery's rule of retention and its hygiene runs by a program."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Agency, Role
from galleries.models import HygieneRun
from portal.tenancy import scope
from searches.models import Gallery
from tests.api.caller import caller, code
from tests.api.counting import statements
from tests.factories import make_gallery, make_image
from tests.galleries.cast_retention import clock_at, make_expired

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        return make_gallery(alder)


def test_a_rule_that_ends_pictures_at_once_is_confirmed(
    alder: Agency, birch: Agency, gallery: Gallery
) -> None:
    clerk, looking = caller(alder, Role.ADMIN), caller(alder, Role.ANALYST, name="ana")
    with scope(alder.pk):
        make_image(gallery, "P-1")
    five = {"days": 5}
    assert code(looking.post("api_gallery_retention", gallery.pk, data=five))[0] == 403
    stranger = caller(birch, *Role)
    assert code(stranger.post("api_gallery_retention", gallery.pk, data=five))[0] == 404
    with clock_at(timezone.now() + timedelta(days=20)):
        refused = clerk.post("api_gallery_retention", gallery.pk, data=five)
        assert code(refused) == (422, "input_invalid")
        assert refused.json()["errors"][0]["code"] == "not_confirmed"
        with scope(alder.pk):
            assert Gallery.objects.get().retention_days == gallery.retention_days
        done = clerk.post("api_gallery_retention", gallery.pk, data=five | {"confirmed": True})
    assert done.json() == {"days": 5, "images": 1}
    again = clerk.post("api_gallery_retention", gallery.pk, data=five)
    assert code(again) == (422, "retention_unchanged")
    longer = clerk.post("api_gallery_retention", gallery.pk, data={"days": 900, "lengthen": True})
    assert code(longer) == (422, "reason_too_short")


def test_what_the_next_run_removes(alder: Agency, birch: Agency, gallery: Gallery) -> None:
    clerk, looking = caller(alder, Role.ADMIN), caller(alder, Role.ANALYST, name="ana")
    with scope(alder.pk):
        make_image(gallery, "P-1")
    assert clerk.get("api_retention_expiring").json()["results"] == []
    with scope(alder.pk):
        image = make_expired(gallery, "P-2", days=3)
    told = clerk.get("api_retention").json()
    assert (told["images"], told["held_images"], told["in_30_days"]) == (1, 0, 0)
    assert told["shares"][0]["gallery_name"] == gallery.name
    (row,) = clerk.get("api_retention_expiring").json()["results"]
    assert (row["image"], row["reference"]) == (str(image.pk), "P-2")
    assert row["expires_on"] == image.expires_on.isoformat()
    few = statements(clerk, "api_retention_expiring")
    with scope(alder.pk):
        make_expired(gallery, "P-3")
    assert statements(clerk, "api_retention_expiring") == few
    elsewhere = {"gallery": str(UUID(int=0))}
    assert clerk.get("api_retention_expiring", query=elsewhere).json()["results"] == []
    for name in ("api_retention", "api_retention_expiring"):
        assert code(looking.get(name))[0] == 403
    assert caller(birch, *Role).get("api_retention").json()["images"] == 0


def test_a_hygiene_run_is_asked_for_once(alder: Agency, birch: Agency, gallery: Gallery) -> None:
    clerk, looking = caller(alder, Role.ADMIN), caller(alder, Role.ANALYST, name="ana")
    none = looking.get("api_hygiene", gallery.pk).json()
    assert (none["id"], none["state"], none["report"]) == (None, None, [])
    assert code(clerk.post("api_hygiene", gallery.pk)) == (422, "gallery_empty")
    with scope(alder.pk):
        make_image(gallery, "P-1")
    once = {"Idempotency-Key": "monthly"}
    made = [clerk.post("api_hygiene", gallery.pk, headers=once) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json()["state"] == "queued"
    assert code(clerk.post("api_hygiene", gallery.pk)) == (422, "hygiene_running")
    assert code(looking.post("api_hygiene", gallery.pk))[0] == 403
    assert code(caller(birch, *Role).post("api_hygiene", gallery.pk))[0] == 404
    with scope(alder.pk):
        assert HygieneRun.objects.count() == 1
    assert len(looking.get("api_hygiene", gallery.pk).json()["report"]) == 4
