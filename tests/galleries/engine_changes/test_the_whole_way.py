"""A gallery embedded anew, cut over, rolled back and cleaned up."""

import pytest

from accounts.actor import command_actor
from accounts.models import Agency
from galleries.engine_change_queries import missing_images, progress_of, rejections
from galleries.models import ChangeStage, Switch
from galleries.services import engine_lanes
from galleries.services.engine_changes import ask_switch, retry_rejected
from galleries.services.engine_lanes import run_slice
from searches.faults import Fault
from searches.measuring import measure
from searches.models import FaceImage, Gallery
from searches.recognition import engine, engine_for
from searches.services.enrolment import run_enrolment
from searches.vectors import template_of
from tests.factories import make_enrolment, make_image, person_jpeg
from tests.galleries.cast_engines import ended, ready, started, switched, work
from tests.galleries.engine_changes.cast import (
    Shown,
    actions,
    beside,
    contract_of,
    first_of,
    hygiene_scale,
    searched,
    templates,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("models", "bells", "in_alder", "no_rewriting"),
]


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
