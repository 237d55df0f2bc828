"""Edits of a probe are a chain from the upload to the picture searched."""

from typing import Any

import numpy as np
import pytest

from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.edit_path import edits_of
from searches.engines.orientation import turned
from searches.images import decode, encode_jpeg
from searches.models import Case, Gallery, JobState, Probe
from searches.services.editing import discard_edits, undo_edit
from searches.services.pictures import current_picture, original_picture
from searches.services.probes import analyse_probe, turn_probe
from tests.factories import make_edit, make_probe, make_search, person_jpeg
from tests.searches.probe_editing.cast import BRIGHTER, edit, fault_of, operator, undo

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


def test_an_edit_is_a_derivative_and_the_original_stays(probe: Probe) -> None:
    before = original_picture(probe)
    made = edit(probe)
    assert (probe.state, probe.faces, probe.current_edit) == (JobState.QUEUED, [], made)
    assert (made.parent, made.parent_sha256) == (None, probe.sha256)
    data, sha256 = current_picture(probe)
    assert sha256 == made.result_sha256 != probe.sha256
    expected = made.edit.apply(decode(before[0]).rgb, _limits())
    assert np.array_equal(decode(data).rgb, expected)
    assert original_picture(probe) == before
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    assert (probe.state, len(probe.faces)) == (JobState.DONE, 1)


def _limits() -> Any:
    from searches.recognition import image_limits

    return image_limits()


def test_each_edit_links_to_the_one_before_and_can_be_done_again(case: Case) -> None:
    """Whoever has the upload and the list comes to the very same pixels."""
    lying = encode_jpeg(turned(decode(person_jpeg(1, 5)).rgb, 2))
    probe = make_probe(case, lying)
    assert probe.quarter_turns == 2
    made = [make_edit(probe, "crop", left=10, top=5, width=300, height=310)]
    turn_probe(actor=operator(probe), probe=probe, quarter_turns=1)
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    made += [make_edit(probe, "rotate", degrees=-90), make_edit(probe, "scale", factor=1.5)]
    linked = [probe.sha256, *(one.result_sha256 for one in made)]
    assert [one.parent_sha256 for one in made] == linked[:-1]
    assert [one.parent_id for one in made] == [None, made[0].pk, made[1].pk]
    assert [one.quarter_turns for one in made] == [2, 1, 0]
    rgb = decode(lying).rgb
    for one in made:
        rgb = one.edit.apply(turned(rgb, one.quarter_turns), _limits())
    assert np.array_equal(decode(current_picture(probe)[0]).rgb, rgb)
    assert (made[-1].width, made[-1].height) == (rgb.shape[1], rgb.shape[0])


def test_the_current_picture_is_what_is_searched(probe: Probe, gallery: Gallery) -> None:
    """Cut down to a face in a crowd of one, the face's place is that of the derivative."""
    whole = probe.found_faces()[0]
    make_edit(probe, "crop", left=20, top=10, width=280, height=300)
    cut = probe.found_faces()[0]
    assert cut.box.left == pytest.approx(whole.box.left - 20, abs=6)
    assert (probe.width, probe.height) == (280, 300)
    search = make_search(probe, [gallery])
    assert search.state == JobState.DONE
    best = search.candidates.select_related("subject").first()
    assert best is not None
    assert best.subject.reference == "P-1"


def test_undo_goes_back_step_by_step_and_keeps_the_record(probe: Probe) -> None:
    faces = probe.faces
    first = make_edit(probe)
    second = make_edit(probe, "scale", factor=0.8)
    undo(probe)
    assert probe.current_edit == first
    third = make_edit(probe, "rotate", degrees=2)
    assert third.parent == first
    undo(probe)
    undo(probe)
    assert probe.current_edit is None
    assert probe.faces == faces
    assert set(probe.edits.all()) == {first, second, third}
    assert fault_of(lambda: undo(probe)) == "edit_none"


def test_undoing_shows_the_picture_as_it_was_turned(case: Case) -> None:
    probe = make_probe(case, encode_jpeg(turned(decode(person_jpeg(1, 5)).rgb, 2)))
    before = (probe.width, probe.height, probe.quarter_turns, probe.faces)
    for act in (undo_edit, discard_edits):
        make_edit(probe)
        assert probe.quarter_turns == 0
        make_edit(probe, "rotate", degrees=90)
        if act is undo_edit:
            undo(probe)
        undo(probe, act)
        assert (probe.width, probe.height, probe.quarter_turns, probe.faces) == before
        assert probe.current_edit is None
    assert fault_of(lambda: undo(probe, discard_edits)) == "edit_none"


def test_every_act_is_recorded_with_its_hashes(probe: Probe) -> None:
    made = edit(probe)
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    undo(probe)
    entries = AuditEntry.objects.filter(action__startswith="probe.edit").order_by("pk")
    edited, undone = entries
    assert (edited.action, edited.subject_id) == (Action.PROBE_EDITED, str(probe.pk))
    assert edited.data == {
        "operation": "brightness_contrast",
        "parameters": BRIGHTER,
        "quarter_turns": 0,
        "parent_sha256": probe.sha256,
        "result_sha256": made.result_sha256,
    }
    assert (undone.action, undone.data) == (
        Action.PROBE_EDIT_UNDONE,
        {"from_sha256": made.result_sha256, "to_sha256": probe.sha256},
    )


def test_the_path_names_every_step_and_the_turns_between(case: Case) -> None:
    probe = make_probe(case, encode_jpeg(turned(decode(person_jpeg(1, 5)).rgb, 2)))
    assert [(s.title, s.details) for s in edits_of(probe)] == [
        ("Turned upright", "2 quarter turns clockwise")
    ]
    undone = make_edit(probe)
    undo(probe)
    made = make_edit(probe, "crop", left=1, top=2, width=300, height=301)
    more: list[tuple[str, dict[str, Any]]] = [
        ("rotate", {"degrees": -1.5}),
        ("brightness_contrast", {"brightness": -3, "contrast": 0}),
        ("deinterlace", {"lines": "even"}),
        ("scale", {"factor": 1.25}),
    ]
    last = [make_edit(probe, operation, **values) for operation, values in more][-1]
    steps = edits_of(probe)
    assert [(s.title, s.details) for s in steps] == [
        ("Turned upright", "2 quarter turns clockwise"),
        ("Cropped", "300 × 301 pixels from 1 pixels right, 2 pixels down"),
        ("Rotated", "1.5° anticlockwise"),
        ("Brightness and contrast", "brightness -3, contrast 0"),
        ("Deinterlaced", "even lines kept, the odd ones interpolated"),
        ("Scaled", f"factor 1.25, to {last.width} × {last.height} pixels"),
    ]
    assert (steps[1].parent_sha256, steps[1].sha256) == (probe.sha256, made.result_sha256)
    assert steps[0].sha256 == ""
    assert undone.result_sha256 not in {step.sha256 for step in steps}
