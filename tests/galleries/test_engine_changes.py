"""A gallery embedded anew by a second engine, cut over, rolled back and cleaned up."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, Role
from galleries.engine_change_queries import missing_images, progress_of, rejections
from galleries.models import ChangeStage, EngineChange, Switch
from galleries.services import engine_lanes
from galleries.services.engine_changes import (
    TASK,
    ask_switch,
    end_change,
    pace_change,
    retry_rejected,
    start_change,
)
from galleries.services.engine_embedding import MovedOn, embed_counted
from galleries.services.engine_lanes import run_slice
from galleries.services.hygiene import request_hygiene, run_hygiene
from galleries.tasks import run_engine_change
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.engines.synthetic import draw_empty
from searches.faults import Fault
from searches.images import decode, encode_jpeg
from searches.measuring import measure
from searches.models import Contract, FaceImage, Gallery, JobState, Search
from searches.recognition import engine, engine_for
from searches.services.enrolment import run_enrolment
from searches.services.searching import run_search
from searches.vectors import count_templates, has_template, template_of
from tests.factories import (
    make_actor,
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.galleries.cast_engines import ELSEWHERE, ended, ready, started, switched, work

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("models", "bells", "in_alder", "no_rewriting"),
]

PEOPLE = (1, 2, 3)


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    """Three people with two pictures each."""
    gallery = make_gallery(in_alder)
    for seed in PEOPLE:
        for picture in (0, 1):
            run_enrolment(make_enrolment(gallery, f"P-{seed}", person_jpeg(seed, picture)).pk)
    gallery.refresh_from_db()
    return gallery


def templates(gallery: Gallery) -> dict[str, int]:
    return {
        row.contract: count
        for row in Contract.objects.all()
        if (count := count_templates(contract_pk=row.pk, galleries=[gallery.pk]))
    }


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="engine_change.").order_by("pk")
    return [
        action.removeprefix("engine_change.") for action in found.values_list("action", flat=True)
    ]


def contract_of(gallery: Gallery) -> str:
    row = Gallery.objects.select_related("contract").get(pk=gallery.pk).contract
    return row.contract if row else ""


def searched(agency: Agency, gallery: Gallery, seed: int) -> Search:
    case = make_case(agency, f"C-{Search.objects.count()}")
    return make_search(make_probe(case, person_jpeg(seed, 7)), [gallery])


def first_of(search: Search) -> str:
    return str(search.candidates.select_related("subject")[0].subject.reference)


def hygiene_scale(gallery: Gallery) -> str:
    """Of which engine a hygiene run takes the similarities to be."""
    actor = command_actor("test", gallery.agency_id)
    run = request_hygiene(actor=actor, gallery=gallery, submission_key=uuid4())
    run_hygiene(run.pk)
    run.refresh_from_db()
    assert run.state == JobState.DONE
    return run.scale


# --- The whole way --------------------------------------------------------------------------------


def test_from_the_start_to_the_removal_of_the_old_templates(
    in_alder: Agency, gallery: Gallery, second: str
) -> None:
    first = engine().contract.id
    assert first != second
    assert templates(gallery) == {first: 6}
    change = started(gallery, second)
    assert searched(in_alder, gallery, 2).contract_id == first
    work(change)
    assert change.stage == ChangeStage.READY
    assert templates(gallery) == {first: 6, second: 6}
    search = searched(in_alder, gallery, 2)
    assert (search.contract_id, search.templates_searched) == (first, 6)

    switched(change, Switch.CUT_OVER)
    assert (change.stage, contract_of(gallery)) == (ChangeStage.CUT_OVER, second)
    search = searched(in_alder, gallery, 2)
    assert (search.contract_id, search.templates_searched) == (second, 6)
    assert first_of(search) == "P-2"
    assert hygiene_scale(gallery) == engine_for(second).scale

    switched(change, Switch.ROLL_BACK)
    assert (change.stage, contract_of(gallery)) == (ChangeStage.READY, first)
    assert searched(in_alder, gallery, 3).contract_id == first
    switched(change, Switch.CUT_OVER)
    ended(change)
    assert (change.stage, change.removed_templates) == (ChangeStage.REMOVED, 6)
    assert templates(gallery) == {second: 6}
    search = searched(in_alder, gallery, 1)
    assert (search.contract_id, first_of(search)) == (second, "P-1")
    assert actions() == [
        *("started", "ready", "asked", "cut_over", "asked", "rolled_back"),
        *("asked", "cut_over", "ending", "ended"),
    ]
    # And back again: nothing of the first change is in the way.
    assert switched(ready(gallery, first), Switch.CUT_OVER).stage == ChangeStage.CUT_OVER


def test_pictures_enrolled_meanwhile_have_both_templates_at_every_switch(
    gallery: Gallery, second: str
) -> None:
    first = engine().contract.id
    change = ready(gallery, second)
    run_enrolment(make_enrolment(gallery, "P-4", person_jpeg(4)).pk)
    assert templates(gallery) == {first: 7, second: 6}
    switched(change, Switch.CUT_OVER)
    assert templates(gallery) == {first: 7, second: 7}
    run_enrolment(make_enrolment(gallery, "P-5", person_jpeg(5)).pk)
    assert templates(gallery) == {first: 7, second: 8}
    switched(change, Switch.ROLL_BACK)
    assert (templates(gallery), contract_of(gallery)) == ({first: 8, second: 8}, first)


def test_a_switch_goes_back_to_embedding_when_many_pictures_came_in(
    gallery: Gallery, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = ready(gallery, second)
    run_enrolment(make_enrolment(gallery, "P-4", person_jpeg(4)).pk)
    monkeypatch.setattr("galleries.services.engine_switching.MOST_IN_LOCK", 0)
    monkeypatch.setattr(engine_lanes, "missing_images", lambda *args: [])  # nothing seen outside
    actor = command_actor("test", change.agency_id)
    change = ask_switch(actor=actor, change=change, to=Switch.CUT_OVER, accepted_losses=0)
    run_slice(change.pk, 0)
    change.refresh_from_db()
    assert (change.stage, change.asked) == (ChangeStage.READY, Switch.CUT_OVER)
    assert contract_of(gallery) == engine().contract.id
    monkeypatch.setattr(engine_lanes, "missing_images", missing_images)
    assert work(change).stage == ChangeStage.CUT_OVER


def test_cancelling_removes_the_new_templates_and_no_others(gallery: Gallery, second: str) -> None:
    first = engine().contract.id
    change = ended(ready(gallery, second))
    assert change.stage == ChangeStage.CANCELLED
    assert templates(gallery) == {first: 6}
    assert actions() == ["started", "ready", "ending", "ended"]
    assert ready(gallery, second).stage == ChangeStage.READY


# --- Rejections -----------------------------------------------------------------------------------


class Shown:
    """What the files of pictures show to the engines, where it is not what was enrolled."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def of(self, agency_id: int) -> "Shown":
        self.store = files_of(agency_id)
        return self

    def get(self, key: str) -> bytes:
        return self.files.get(key) or self.store.get(key)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    made = Shown()
    monkeypatch.setattr("galleries.services.engine_embedding.files_of", made.of)
    return made


def beside(*pictures: bytes) -> bytes:
    return encode_jpeg(np.hstack([decode(picture).rgb for picture in pictures]))


@pytest.fixture
def spoiled(gallery: Gallery, shown: Shown) -> list[FaceImage]:
    """What three pictures' files show now: nobody, somebody elsewhere, and no picture at all."""
    empty = encode_jpeg(draw_empty(1, 320))
    images = list(FaceImage.objects.all()[:3])
    files = [empty, beside(empty, person_jpeg(1)), b"no picture"]
    shown.files = {image.file_key: data for image, data in zip(images, files, strict=True)}
    return images


def test_rejected_pictures_are_listed_and_given_up_by_their_number(
    in_alder: Agency, gallery: Gallery, second: str, spoiled: list[FaceImage]
) -> None:
    change = ready(gallery, second)
    found = {row.image_id: row.code for row in rejections(change)}
    assert found == {
        spoiled[0].pk: "no_face",
        spoiled[1].pk: "face_elsewhere",
        spoiled[2].pk: "image_unknown_format",
    }
    assert (progress_of(change).embedded, progress_of(change).rejected) == (3, 3)
    for number in (0, 2, 4):
        with pytest.raises(Fault, match="losses_not_accepted"):
            switched(change, Switch.CUT_OVER, number)
    switched(change, Switch.CUT_OVER, 3)
    assert (change.stage, contract_of(gallery)) == (ChangeStage.CUT_OVER, second)
    assert searched(in_alder, gallery, 3).templates_searched == 3


def test_another_number_of_rejections_at_the_cut_over_asks_again(
    gallery: Gallery, second: str
) -> None:
    change = ready(gallery, second)
    late = make_image(gallery, "P-9")  # its file is no picture
    switched(change, Switch.CUT_OVER, 0)
    assert (change.stage, change.asked) == (ChangeStage.READY, "")
    assert change.failure_code == "losses_changed"
    assert contract_of(gallery) == engine().contract.id
    assert [row.image_id for row in rejections(change)] == [late.pk]
    assert switched(change, Switch.CUT_OVER, 1).stage == ChangeStage.CUT_OVER


def test_rejected_pictures_can_be_tried_again(
    gallery: Gallery, second: str, spoiled: list[FaceImage], shown: Shown
) -> None:
    change = ready(gallery, second)
    del shown.files[spoiled[2].file_key]
    change = retry_rejected(actor=command_actor("test", change.agency_id), change=change)
    work(change)
    assert change.stage == ChangeStage.READY
    assert {row.image_id for row in rejections(change)} == {spoiled[0].pk, spoiled[1].pk}


def test_of_several_faces_the_enrolled_one_is_taken(
    gallery: Gallery, second: str, shown: Shown
) -> None:
    """The file shows a second person beside; the template is that of the first all the same."""
    image = FaceImage.objects.all()[0]
    alone, other = shown_files = person_jpeg(1), person_jpeg(22)
    shown.files = {image.file_key: beside(*shown_files)}
    change = ready(gallery, second)
    vector = template_of(image.pk, change.to_contract_id)
    assert vector is not None
    similar = [float(vector @ measure(data, second).found.vector) for data in (alone, other)]
    assert similar[0] > 0.98 > similar[1]


# --- Erasure --------------------------------------------------------------------------------------


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


# --- Pace -----------------------------------------------------------------------------------------


def pace(change: EngineChange, **how: Any) -> EngineChange:
    actor = command_actor("test", change.agency_id)
    return pace_change(actor=actor, change=change, **{"paused": False, "throttle": None, **how})


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


# --- What is refused ------------------------------------------------------------------------------


def test_what_cannot_be_started(gallery: Gallery, second: str, in_alder: Agency) -> None:
    first = engine().contract.id
    empty = make_gallery(in_alder, "Empty")
    wanted = [(gallery, first, "engine_same"), (gallery, ELSEWHERE, "engine_unknown")]
    for where, contract, code in [*wanted, (empty, second, "gallery_without_engine")]:
        with pytest.raises(Fault, match=code):
            started(where, contract)
    with pytest.raises(Fault, match="throttle_out_of_range"):
        started(gallery, second, throttle=0)
    started(gallery, second)
    with pytest.raises(Fault, match="change_open"):
        started(gallery, second)
    assert EngineChange.objects.count() == 1
    assert actions() == ["started"]


def test_an_engine_without_a_licence_for_agencies_is_not_changed_to(
    gallery: Gallery, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from searches.engines.base import LicenceState
    from searches.engines.open import engine as module

    licence = replace(module.LICENCE, state=LicenceState.NON_COMMERCIAL)
    monkeypatch.setattr(module, "LICENCE", licence)
    with pytest.raises(Fault, match="engine_not_licensed"):
        started(gallery, second)
    assert not EngineChange.objects.exists()


def test_every_act_has_its_stage(gallery: Gallery, second: str) -> None:
    change = started(gallery, second)
    for to in Switch:
        with pytest.raises(Fault, match="change_stage"):
            switched(change, to)
    work(change)
    with pytest.raises(Fault, match="change_stage"):
        switched(change, Switch.ROLL_BACK)
    actor = command_actor("test", change.agency_id)
    asked = ask_switch(actor=actor, change=change, to=Switch.CUT_OVER, accepted_losses=0)
    with pytest.raises(Fault, match="change_stage"):
        end_change(actor=actor, change=asked)
    work(change)
    with pytest.raises(Fault, match="change_stage"):
        retry_rejected(actor=actor, change=change)
    ended(change)
    for act in (end_change, retry_rejected):
        with pytest.raises(Fault, match="change_stage"):
            act(actor=actor, change=change)
    with pytest.raises(Fault, match="change_stage"):
        pace(change)


def test_only_who_manages_galleries_changes_engines(gallery: Gallery, second: str) -> None:
    from django.core.exceptions import PermissionDenied

    analyst = make_actor(gallery.agency_id, "analyst", Role.ANALYST, Role.SUPERVISOR)
    change = ready(gallery, second)
    before = EngineChange.objects.values().get()
    with pytest.raises(PermissionDenied):
        start_change(actor=analyst, gallery=gallery, contract_id=second)
    acts: list[tuple[Any, dict[str, Any]]] = [
        (pace_change, {"paused": True, "throttle": None}),
        (retry_rejected, {}),
        (ask_switch, {"to": Switch.CUT_OVER, "accepted_losses": 0}),
        (end_change, {}),
    ]
    for act, values in acts:
        with pytest.raises(PermissionDenied):
            act(actor=analyst, change=change, **values)
    assert EngineChange.objects.values().get() == before


def test_an_engine_that_cannot_be_loaded_pauses_the_change_with_its_code(
    gallery: Gallery, second: str, settings: Any
) -> None:
    change = started(gallery, second)
    settings.ENGINE_NEXT_PACKAGE = "/nowhere"
    run_slice(change.pk, 0)
    change.refresh_from_db()
    assert (change.paused, change.failure_code) == (True, "model_missing")
    settings.ENGINE_NEXT = ""
    pace(change)
    run_slice(change.pk, 0)
    change.refresh_from_db()
    assert (change.paused, change.failure_code) == (True, "contract_missing")
    assert AuditEntry.objects.filter(action=Action.ENGINE_CHANGE_STOPPED).count() == 2


# --- Searches -------------------------------------------------------------------------------------


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


# --- The database ---------------------------------------------------------------------------------


def refused(sql: str, *values: UUID | int) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        connection.cursor().execute(sql, values)
    return str(error.value)


def test_the_database_moves_no_contract_on_its_own(gallery: Gallery, second: str) -> None:
    change = started(gallery, second)
    move = "UPDATE searches_gallery SET contract_id = %s WHERE id = %s"
    values = (change.to_contract_id, gallery.pk)
    assert "without a change of engine" in refused(move, *values)
    ask = (
        "UPDATE galleries_enginechange SET asked = 'cut_over', accepted_losses = 0, stage = 'ready'"
    )
    connection.cursor().execute(ask)
    assert "while pictures are missing" in refused(move, *values)
    for stage in ("cut_over", "removing", "removed", "cancelled"):
        sql = f"UPDATE galleries_enginechange SET asked = '', stage = '{stage}'"
        assert "does not change like this" in refused(sql)
    assert "does not change" in refused("DELETE FROM galleries_enginechange")
    assert "does not change" in refused(
        "UPDATE galleries_enginechange SET to_contract_id = from_contract_id + 100"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        EngineChange.objects.create(
            gallery=gallery,
            from_contract=change.to_contract,
            to_contract=change.from_contract,
            started_by_label="x",
        )
