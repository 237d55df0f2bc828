"""The searched face: kept sealed, written with the candidates, gone with the search."""

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from accounts.access import files_of
from accounts.models import Agency
from portal.keys import KeyProblem
from portal.tenancy import scope
from searches.models import ErasureReceipt, Gallery, Search, SearchedFace
from searches.recognition import embed_face
from searches.services import finished
from searches.services.pictures import current_pixels
from searches.services.searched_faces import keep_face, opened_faces
from searches.services.searching import run_search
from tests.factories import (
    make_actor,
    make_case,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def search(alder: Agency) -> Search:
    return make_search(make_probe(make_case(alder), person_jpeg(1)), [make_gallery(alder)])


def test_a_search_keeps_its_one_face_sealed(search: Search) -> None:
    row = SearchedFace.objects.get()
    face = opened_faces(search.agency_id, [search.pk])[search.pk]
    expected = embed_face(current_pixels(search.probe).rgb, search.face)
    assert np.array_equal(face.vector, expected)
    assert face.contract == search.contract_id == row.contract_id
    assert abs(float(face.vector @ face.vector) - 1) < 1e-5
    sealed = bytes(row.sealed)
    assert expected.tobytes() not in sealed
    assert expected.tobytes()[:16] not in sealed


def test_it_is_bound_to_its_row_and_its_agency(search: Search, birch: Agency) -> None:
    sealed = bytes(SearchedFace.objects.get().sealed)
    with pytest.raises(KeyProblem):
        files_of(search.agency_id).unseal_bytes(sealed, "searches.searchedface:other:sealed")
    identity = f"searches.searchedface:{SearchedFace.objects.get().pk}:sealed"
    with scope(birch.pk):
        store = files_of(birch.pk)
    with pytest.raises(KeyProblem):
        store.unseal_bytes(sealed, identity)
    with pytest.raises(KeyProblem):  # nor is it read as a text
        files_of(search.agency_id).unseal_text(sealed, identity)


def test_nobody_adds_changes_or_removes_one(search: Search) -> None:
    vector = np.full(4, 0.5, np.float32)
    with pytest.raises(DatabaseError, match="come from a running search"), transaction.atomic():
        keep_face(search, "c", vector, files_of(search.agency_id))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SearchedFace.objects.update(contract_id="another")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SearchedFace.objects.all().delete()
    assert SearchedFace.objects.get().contract_id == search.contract_id


def test_it_goes_with_the_search_and_the_receipt_says_so(alder: Agency) -> None:
    from accounts.models import Role
    from searches.models import Basis
    from searches.services.authorizing import refuse_search

    probe, gallery = make_probe(make_case(alder), person_jpeg(1)), make_gallery(alder)
    search = make_search(probe, [gallery], basis=Basis.URGENT)
    assert SearchedFace.objects.count() == 1
    supervisor = make_actor(alder.pk, "sup", Role.SUPERVISOR)
    refuse_search(actor=supervisor, search=search, reason="There was no danger at all")
    assert SearchedFace.objects.count() == 0
    assert ErasureReceipt.objects.get().document["erased"]["searched_faces"] == 1
    assert opened_faces(alder.pk, [search.pk]) == {}


def test_a_failed_search_keeps_none_and_tells_nobody(
    alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Search] = []
    monkeypatch.setattr(finished, "_listeners", [told.append])
    gallery: Gallery = make_gallery(alder)
    search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
    with monkeypatch.context() as patch:
        patch.setattr("searches.services.searching.permitted", _refuse)
        run_search(search.pk)
    assert (SearchedFace.objects.count(), told) == (0, [])


def _refuse(job: Search) -> None:
    from searches.faults import Fault

    raise Fault("token_mismatch")


def test_a_finished_search_rings_once_it_is_committed(
    alder: Agency,
    bells: list[tuple[str, tuple[object, ...]]],
    django_capture_on_commit_callbacks: object,
) -> None:
    gallery = make_gallery(alder)
    search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        run_search(search.pk)
        run_search(search.pk)  # delivered twice
    rung = [args for task, args in bells if task == "oversight.tasks.watch_finished"]
    assert rung == [(alder.pk,)]
