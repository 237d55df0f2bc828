"""Erasures, the pace and searches while a change of engine goes on."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Agency
from galleries.engine_change_queries import missing_images
from galleries.models import ChangeStage, EngineChange, Switch
from galleries.services import engine_lanes
from galleries.services.engine_changes import TASK
from galleries.services.engine_embedding import MovedOn, embed_counted
from galleries.services.engine_lanes import run_slice
from galleries.tasks import run_engine_change
from searches.faults import Fault
from searches.measuring import measure
from searches.models import FaceImage, Gallery, JobState, Search
from searches.recognition import engine, engine_for
from searches.services.enrolment import run_enrolment
from searches.services.searching import run_search
from searches.template_rows import has_template
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.galleries.cast_engines import ended, ready, started, switched, work
from tests.galleries.engine_changes.cast import first_of, pace, searched, templates

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("models", "bells", "in_alder", "no_rewriting"),
]


def erase(image: FaceImage) -> None:
    """What an erasure does to the row and its templates, of every contract."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM searches_template WHERE image_id = %s", [image.pk])
    FaceImage.objects.filter(pk=image.pk).update(
        sha256="", file_key="", portrait_key="", erased_at=timezone.now()
    )


@pytest.mark.parametrize("stage", [ChangeStage.EMBEDDING, ChangeStage.READY, ChangeStage.CUT_OVER])
def test_an_image_erased_at_any_stage_is_in_nobodys_way(
    gallery: Gallery, second: str, stage: ChangeStage
) -> None:
    image = FaceImage.objects.all()[0]
    change = started(gallery, second)
    if stage != ChangeStage.EMBEDDING:
        work(change)
    if stage == ChangeStage.CUT_OVER:
        switched(change, Switch.CUT_OVER)
    erase(image)
    assert list(templates(gallery).values()) == ([5] if stage == ChangeStage.EMBEDDING else [5, 5])
    work(change)
    switch = Switch.ROLL_BACK if stage == ChangeStage.CUT_OVER else Switch.CUT_OVER
    switched(change, switch)
    assert list(templates(gallery).values()) == [5, 5]
    ended(change)
    assert list(templates(gallery).values()) == [5]


def test_a_lane_does_nothing_for_an_image_that_was_erased_meanwhile(
    gallery: Gallery, second: str
) -> None:
    change = started(gallery, second)
    image = FaceImage.objects.all()[0]
    assert image.pk in missing_images(change, None, 10)
    erase(image)
    assert embed_counted(change, image.pk, engine_for(second)) is False
    assert not has_template(image.pk, change.to_contract_id)
    assert not change.rejections.exists()


def test_a_rejected_image_that_is_erased_is_no_loss(
    gallery: Gallery, second: str, spoiled: list[FaceImage]
) -> None:
    change = ready(gallery, second)
    erase(spoiled[0])
    assert switched(change, Switch.CUT_OVER, 2).stage == ChangeStage.CUT_OVER


def test_the_change_of_an_erased_gallery_ends(gallery: Gallery, second: str) -> None:
    change = started(gallery, second)
    for image in FaceImage.objects.all():
        erase(image)
    Gallery.objects.update(erased_at=timezone.now())
    run_slice(change.pk, 0)
    change.refresh_from_db()
    assert change.stage == ChangeStage.CANCELLED


def test_a_paused_change_goes_on_where_it_stopped(gallery: Gallery, second: str) -> None:
    change = started(gallery, second)
    some = missing_images(change, None, 2)
    for image in some:
        assert embed_counted(change, image, engine_for(second))
    pace(change, paused=True)
    work(change, slices=3)
    assert (change.stage, templates(gallery)[second]) == (ChangeStage.EMBEDDING, 2)
    with pytest.raises(MovedOn):
        embed_counted(change, missing_images(change, None, 1)[0], engine_for(second))
    assert templates(gallery)[second] == 2
    pace(change)
    work(change)
    assert (change.stage, templates(gallery)[second]) == (ChangeStage.READY, 6)


def test_the_throttle_lets_so_many_pictures_through_a_minute(gallery: Gallery, second: str) -> None:
    change = started(gallery, second, throttle=60)
    now = timezone.now()
    change.window_at, change.window_done = now - timedelta(seconds=3), 0
    assert [change.may_embed(now), change.window_done] == [True, 0]
    for _ in range(3):
        change.count_one(now)
    assert not change.may_embed(now)
    assert change.may_embed(now + timedelta(seconds=1))
    change.window_at = now - timedelta(hours=1)  # what was not used is not saved up
    assert not change.may_embed(now) or change.window_done < 60
    EngineChange.objects.update(window_at=now, window_done=60)
    run_slice(change.pk, 0)
    assert second not in templates(gallery)


def test_every_lane_is_rung_for_and_rings_for_itself(
    gallery: Gallery,
    second: str,
    bells: list[tuple[str, tuple[object, ...]]],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.WORKERS = 3
    with django_capture_on_commit_callbacks(execute=True):
        change = started(gallery, second)
    agency, pk = gallery.agency_id, str(change.pk)
    assert bells[-1] == (TASK, (agency, pk))
    bells.clear()
    with django_capture_on_commit_callbacks(execute=True):
        run_engine_change(agency, pk)
    assert bells == [(TASK, (agency, pk, str(lane))) for lane in range(3)]
    bells.clear()
    monkeypatch.setattr(engine_lanes, "SLICE_SECONDS", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        run_engine_change(agency, pk, "1")
    assert bells == [(TASK, (agency, pk, "1"))]


def test_a_search_in_galleries_of_two_engines_is_refused(
    in_alder: Agency, gallery: Gallery, second: str
) -> None:
    other = make_gallery(in_alder, "Other")
    run_enrolment(make_enrolment(other, "P-1", person_jpeg(1)).pk)
    probe = make_probe(make_case(in_alder), person_jpeg(1, 5))
    waiting = make_search(probe, [gallery, other], run=False)
    switched(ready(gallery, second), Switch.CUT_OVER)
    with pytest.raises(Fault, match="contracts_differ"):
        make_search(probe, [gallery, other])
    run_search(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure_code) == (JobState.FAILED, "contracts_differ")
    assert not waiting.candidates.exists()


def test_a_search_sealed_before_the_cut_over_runs_wholly_under_the_new_contract(
    in_alder: Agency, gallery: Gallery, second: str
) -> None:
    probe = make_probe(make_case(in_alder), person_jpeg(2, 5))
    waiting = make_search(probe, [gallery], run=False)
    ended(switched(ready(gallery, second), Switch.CUT_OVER))
    run_search(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.contract_id) == (JobState.DONE, second)
    assert (waiting.templates_searched, first_of(waiting)) == (6, "P-2")


def test_a_search_during_the_cut_over_begins_again(
    in_alder: Agency, gallery: Gallery, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its embedding and its end the gallery goes over, and the old templates are gone."""
    from searches.services import searching
    from searches.services.contracts import embedded_face

    change = ready(gallery, second)
    original = embedded_face
    used = []

    def embedded(search: Search, by: Any) -> Any:
        used.append(by.contract.id)
        if len(used) == 1:
            ended(switched(change, Switch.CUT_OVER))
        return original(search, by)

    monkeypatch.setattr(searching, "embedded_face", embedded)
    search = searched(in_alder, gallery, 3)
    assert used == [engine().contract.id, second]
    assert (search.state, search.contract_id, search.templates_searched) == ("done", second, 6)
    assert first_of(search) == "P-3"


def test_enrolment_during_the_cut_over_is_measured_again(
    gallery: Gallery, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from searches.services import enrolment

    change = ready(gallery, second)
    original = measure
    used = []

    def measured_late(data: bytes, contract_id: str) -> Any:
        used.append(contract_id)
        measured = original(data, contract_id)
        if len(used) == 1:
            switched(change, Switch.CUT_OVER)
        return measured

    monkeypatch.setattr(enrolment, "measure", measured_late)
    made = make_enrolment(gallery, "P-4", person_jpeg(4))
    run_enrolment(made.pk)
    made.refresh_from_db()
    assert (made.state, used) == ("done", [engine().contract.id, second])
    assert made.image_id is not None
    assert has_template(made.image_id, change.to_contract_id)
