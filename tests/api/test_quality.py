"""Quality settings of a gallery, and pictures that are not enrolled, by a program."""

import pytest
from django.test import Client

from accounts.models import Agency, Role
from galleries.models import ImportFile, ReviewDecision
from galleries.services.reviewing import decide_review
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Gallery
from searches.services.galleries import contract_row
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts
from tests.factories import make_gallery, make_image
from tests.galleries.cast_engines import ELSEWHERE
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.imports_cast import full_imports, operator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        return gallery


@pytest.fixture
def clerk(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN)


def test_quality_is_read_and_changed_in_parts(
    alder: Agency, birch: Agency, gallery: Gallery, clerk: Caller
) -> None:
    told = clerk.get("api_quality", gallery.pk).json()
    usual = {row["measure"]: row for row in told["limits"]}
    assert (usual["sharpness"]["least"], usual["sharpness"]["is_usual"]) == (0.3, True)
    stricter = {"limits": [{"measure": "sharpness", "least": 0.4, "most": None}]}
    changed = clerk.call("patch", "api_quality", gallery.pk, data=stricter).json()
    now = {row["measure"]: row for row in changed["limits"]}
    assert now["sharpness"] == usual["sharpness"] | {"least": 0.4, "is_usual": False}
    assert all(now[name] == row for name, row in usual.items() if name != "sharpness")
    assert changed["duplicate_check"] == told["duplicate_check"]
    own = {"duplicate_check": "own", "duplicate_similarity": 0.9}
    changed = clerk.call("patch", "api_quality", gallery.pk, data=own).json()
    assert (changed["duplicate_similarity"], changed["limits"][2]["least"]) == (0.9, 0.4)
    bound = changed["duplicate_contract"]
    assert bound is not None
    for method, data in (("get", None), ("patch", stricter)):
        looking, stranger = (
            caller(a, *r, name=f"{method}-{a.slug}")
            for a, r in ((alder, [Role.ANALYST]), (birch, list(Role)))
        )
        assert code(looking.call(method, "api_quality", gallery.pk, data=data))[0] == 403
        assert code(stranger.call(method, "api_quality", gallery.pk, data=data))[0] == 404
    assert acts(alder.pk, "gallery.quality_changed") == 2

    # A similarity stays with the engine it was chosen for, until it is chosen again.
    with scope(alder.pk):
        Gallery.objects.update(duplicate_contract=contract_row(ELSEWHERE, "made-up", 4))
    looser = {"limits": [{"measure": "sharpness", "least": None, "most": None}]}
    changed = clerk.call("patch", "api_quality", gallery.pk, data=looser).json()
    assert (changed["duplicate_contract"], changed["limits"][2]["least"]) == (ELSEWHERE, None)
    changed = clerk.call("patch", "api_quality", gallery.pk, data=own).json()
    assert changed["duplicate_contract"] == bound


def test_what_is_no_setting_of_quality(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    sharp = {"measure": "sharpness", "least": 0.1, "most": 0.2}
    for said, expected in (
        ({"duplicate_check": "own"}, ["similarity_missing"]),
        ({"duplicate_similarity": 0.5}, ["duplicate_check"]),
        ({"duplicate_check": "own", "duplicate_similarity": 2}, ["duplicate_similarity"]),
        ({"limits": [sharp | {"measure": "age"}]}, ["limits.0.measure"]),
        ({"limits": [sharp | {"least": 0.3}]}, ["limits.0.most"]),
        ({"limits": [sharp | {"most": "Infinity"}]}, ["limits.0.most"]),
        ({"limits": [sharp, sharp]}, ["limits"]),
    ):
        answer = clerk.call("patch", "api_quality", gallery.pk, data=said)
        named = [one["field"] for one in answer.json().get("errors", ())]
        assert answer.status_code == 422
        assert (named or [answer.json()["code"]]) == expected, said
    assert acts(alder.pk, "gallery.quality_changed") == 0


def test_held_and_rejected_pictures_come_by_signed_addresses(
    alder: Agency, birch: Agency, gallery: Gallery, clerk: Caller
) -> None:
    with scope(alder.pk):
        doubles = checking(make_gallery(alder, "Doubles"))
        enrolled(doubles, "P-3", 0)
        review = held(doubles, "P-4", 1)
        batch, _ = full_imports(gallery)
        file = ImportFile.objects.get(batch=batch)
    examiner, stranger = caller(alder, Role.EXAMINER, name="eli"), caller(birch, *Role)
    urls = {}
    for kind, pk in (("review", review.pk), ("import_file", file.pk)):
        name = f"api_{kind}_address"
        assert code(examiner.post(name, pk)) == (403, "permission_denied")
        assert code(stranger.post(name, pk)) == (404, "not_found")
        urls[kind] = clerk.post(name, pk).json()["url"]
    looks = ("gallery_review.viewed", "import.rejections_viewed")
    assert acts(alder.pk, *looks) == 0
    assert Client().get(urls["review"]).content == b"portrait"
    picture = Client().get(urls["import_file"])
    assert (picture["Content-Type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    with scope(alder.pk):
        seen = list(AuditEntry.objects.filter(action__in=looks).order_by("pk"))
        assert [entry.data.get("as") for entry in seen] == [None, "picture"]
        assert [entry.subject_id for entry in seen] == [str(review.pk), str(batch.pk)]
        decide_review(
            actor=operator(doubles), item=review, decision=ReviewDecision.DISCARD, reason=""
        )
        ImportFile.objects.filter(pk=file.pk).update(code="image_truncated")
    for url in urls.values():
        assert code(Client().get(url)) == (404, "not_found")
    assert acts(alder.pk, *looks) == 2
