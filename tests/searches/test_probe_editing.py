"""Edits of a probe: a chain from the upload to the picture searched, and no way around it."""

import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.access import files_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.edit_path import edits_of
from searches.engines.orientation import turned
from searches.engines.synthetic import draw_empty
from searches.faults import Fault
from searches.images import decode, encode_jpeg
from searches.models import Case, Gallery, JobState, Probe, ProbeEdit
from searches.services.editing import discard_edits, edit_probe, undo_edit
from searches.services.enrolment import run_enrolment
from searches.services.pictures import current_picture, original_picture
from searches.services.probes import analyse_probe, turn_probe
from searches.services.searching import run_search
from tests.factories import (
    CAPTURE,
    make_case,
    make_edit,
    make_enrolment,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

BRIGHTER = {"brightness": 10, "contrast": 20}


@pytest.fixture
def case(in_alder: Agency, ana: User) -> Case:
    """Ana is a member: she was there first."""
    return make_case(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return make_probe(case, person_jpeg(1, 5))


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    gallery = make_gallery(in_alder)
    for seed in (1, 2):
        run_enrolment(make_enrolment(gallery, f"P-{seed}", person_jpeg(seed)).pk)
    return gallery


def operator(row: Probe | Case) -> Actor:
    return command_actor("test", row.agency_id)


def edit(probe: Probe, operation: str = "brightness_contrast", **values: Any) -> ProbeEdit:
    """Through the service, without the analysis that follows."""
    usual: dict[str, Any] = {
        "actor": operator(probe),
        "probe": probe,
        "operation": operation,
        "parameters": BRIGHTER,
        "seen": probe.shown_as,
        "submission_key": uuid.uuid4(),
    }
    return edit_probe(**usual | values)


def fault_of(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as fault:
        act()
    return fault.value.code


def state_of(probe: Probe) -> tuple[Any, ...]:
    """All that an edit could change."""
    row = Probe.objects.values().get(pk=probe.pk)
    edits = list(ProbeEdit.objects.order_by("pk").values())
    files = sorted(path for path in Path(django_settings.FILES_DIR).rglob("*") if path.is_file())
    return row, edits, files, AuditEntry.objects.count()


# --- The chain ----------------------------------------------------------------------------------


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


def undo(probe: Probe, act: Callable[..., None] = undo_edit) -> None:
    act(actor=operator(probe), probe=probe, seen=probe.shown_as)
    analyse_probe(probe.pk)
    probe.refresh_from_db()


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


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("inpaint", {}, "edit_unknown"),
        ("crop", {"left": 0, "top": 0, "width": 20}, "edit_unknown"),
        ("crop", {"left": 310, "top": 0, "width": 20, "height": 20}, "edit_out_of_range"),
        ("crop", {"left": 0, "top": 0, "width": 20, "height": 9}, "edit_too_small"),
        ("scale", {"factor": 5}, "edit_out_of_range"),
        ("rotate", {"degrees": 0}, "edit_without_effect"),
    ],
)
def test_what_is_no_edit_changes_nothing(
    probe: Probe, operation: str, parameters: dict[str, Any], code: str
) -> None:
    before = state_of(probe)
    assert fault_of(lambda: edit(probe, operation, parameters=parameters)) == code
    assert state_of(probe) == before


def test_an_edit_that_would_become_too_large_is_refused(probe: Probe, settings: Any) -> None:
    settings.IMAGE_MAX_MEGAPIXELS = 1
    before = state_of(probe)
    assert fault_of(lambda: edit(probe, "scale", parameters={"factor": 4})) == "edit_too_large"
    assert state_of(probe) == before


def test_who_may_not_search_edits_nothing(
    probe: Probe, alder: Agency, eli: User, as_actor: Callable[[User, Agency], Actor]
) -> None:
    eli_acts = as_actor(eli, alder)
    made = make_edit(probe)
    before = state_of(probe)
    with pytest.raises(PermissionDenied):
        edit(probe, actor=eli_acts)
    for act in (undo_edit, discard_edits):
        with pytest.raises(PermissionDenied):
            act(actor=eli_acts, probe=probe, seen=probe.shown_as)
    assert state_of(probe) == before
    assert probe.current_edit == made


def test_no_probe_of_another_agency_is_edited(probe: Probe, birch: Agency) -> None:
    before = state_of(probe)
    with scope(birch.pk):
        with pytest.raises(Probe.DoesNotExist):
            edit(probe, actor=command_actor("test", birch.pk))
        assert ProbeEdit.objects.count() == 0
    assert state_of(probe) == before


def test_nothing_is_edited_while_it_is_examined_or_once_it_was_searched(
    probe: Probe, gallery: Gallery
) -> None:
    make_edit(probe)
    edit(probe)
    before = state_of(probe)
    for act in (lambda: edit(probe), lambda: undo(probe), lambda: undo(probe, discard_edits)):
        assert fault_of(act) == "probe_not_ready"
    assert state_of(probe) == before
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    search = make_search(probe, [gallery], run=False)
    before = state_of(probe)
    for act in (lambda: edit(probe), lambda: undo(probe), lambda: undo(probe, discard_edits)):
        assert fault_of(act) == "probe_searched"
    assert state_of(probe) == before
    run_search(search.pk)


def test_nobody_edits_a_picture_that_they_did_not_see(probe: Probe) -> None:
    seen = probe.shown_as
    make_edit(probe)
    before = state_of(probe)
    assert fault_of(lambda: edit(probe, seen=seen)) == "edit_picture_changed"
    late = partial(undo_edit, actor=operator(probe), probe=probe, seen=seen)
    assert fault_of(late) == "edit_picture_changed"
    assert state_of(probe) == before
    undo(probe)
    turn_probe(actor=operator(probe), probe=probe, quarter_turns=1)
    analyse_probe(probe.pk)
    assert fault_of(lambda: edit(probe, seen=seen)) == "edit_picture_changed"


def test_a_double_submission_is_one_edit(probe: Probe) -> None:
    key, seen = uuid.uuid4(), probe.shown_as
    first = edit(probe, submission_key=key, seen=seen)
    assert edit(probe, submission_key=key, seen=seen) == first
    analyse_probe(probe.pk)
    assert edit(probe, submission_key=key, seen=seen) == first
    assert ProbeEdit.objects.count() == 1
    assert AuditEntry.objects.filter(action=Action.PROBE_EDITED).count() == 1


def swap(probe: Probe, made: ProbeEdit) -> str:
    """Put another picture of the same agency under the key of an edit's file."""
    store = files_of(probe.agency_id)
    path = store._path(made.file_key)
    path.write_bytes(store._path(probe.display_key).read_bytes())
    return made.file_key


def test_a_file_that_is_not_the_one_of_its_row_is_not_used(probe: Probe, gallery: Gallery) -> None:
    made = make_edit(probe)
    swap(probe, made)
    assert fault_of(lambda: current_picture(probe)) == "file_unreadable"
    assert fault_of(lambda: edit(probe)) == "file_unreadable"
    search = make_search(probe, [gallery])
    assert (search.state, search.failure_code) == (JobState.FAILED, "file_unreadable")
    assert search.candidates.count() == 0


def test_a_file_that_is_sealed_rightly_but_is_another_is_not_used(
    probe: Probe, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even whoever holds the agency's key cannot put another picture in its place."""
    make_edit(probe)
    monkeypatch.setattr("portal.storage.FileStore.get", lambda self, key: person_jpeg(2))
    for read in (current_picture, original_picture):
        assert fault_of(lambda read=read: read(probe)) == "file_unreadable"  # type: ignore[misc]
    search = make_search(probe, [gallery])
    assert (search.state, search.failure_code) == (JobState.FAILED, "file_unreadable")


def test_a_lost_derivative_can_be_undone(probe: Probe) -> None:
    made = edit(probe)
    files_of(probe.agency_id).delete(made.file_key)
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    assert (probe.state, probe.failure_code) == (JobState.FAILED, "file_unreadable")
    undo(probe)
    assert (probe.state, len(probe.faces)) == (JobState.DONE, 1)


# --- Raw SQL ------------------------------------------------------------------------------------


def attack(sql: str, *values: uuid.UUID | None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def copy_of(made: ProbeEdit, **changed: object) -> None:
    row = ProbeEdit.objects.get(pk=made.pk)
    row.pk, row.submission_key = uuid.uuid4(), uuid.uuid4()
    for name, value in changed.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save(force_insert=True)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_holds_the_link_to_the_hashes(probe: Probe, case: Case) -> None:
    first = make_edit(probe)
    second = make_edit(probe, "scale", factor=0.9)
    foreign = make_edit(make_probe(case, person_jpeg(2)))
    lies: list[tuple[ProbeEdit, dict[str, object], str]] = [
        (first, {"parent_sha256": "0" * 64}, "names the hash"),
        (first, {"parent_sha256": first.result_sha256}, "names the hash"),
        (second, {"parent_sha256": probe.sha256}, "names the hash"),
        (second, {"parent_id": None}, "names the hash"),
        (second, {"parent_id": second.pk}, "names the hash"),
        (first, {"parent_sha256": "x"}, "probeedit_hashes"),
        (first, {"result_sha256": "A" * 64}, "probeedit_hashes"),
        (first, {"operation": "inpaint"}, "probeedit_operation"),
        (first, {"quarter_turns": 4}, "probeedit_turns"),
        (
            second,
            {"parent_id": foreign.pk, "parent_sha256": foreign.result_sha256},
            "parent_of_probe",
        ),
    ]
    before = state_of(probe)
    for made, changed, words in lies:
        with pytest.raises(DatabaseError, match=words):
            copy_of(made, **changed)
    assert state_of(probe) == before
    copy_of(first)  # what is true is taken


def test_an_edit_is_never_changed_or_removed(probe: Probe) -> None:
    made = make_edit(probe)
    before = state_of(probe)
    for sql in (
        "UPDATE searches_probeedit SET result_sha256 = repeat('0', 64) WHERE id = %s",
        "UPDATE searches_probeedit SET parameters = '{}' WHERE id = %s",
        "UPDATE searches_probeedit SET made_by_label = 'somebody' WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            attack(sql, made.pk)
    for sql in (
        "UPDATE searches_probeedit SET file_key = 'x' WHERE id = %s",
        "DELETE FROM searches_probeedit WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="append-only"):
            attack(sql, made.pk)
    with pytest.raises(DatabaseError, match="permission denied"):
        attack("TRUNCATE searches_probeedit CASCADE")
    assert state_of(probe) == before
    attack("UPDATE searches_probeedit SET file_key = '' WHERE id = %s", made.pk)  # erasure
    probe.refresh_from_db()
    assert fault_of(lambda: current_picture(probe)) == "file_unreadable"


def test_the_current_edit_is_one_of_the_very_probe(probe: Probe, case: Case) -> None:
    other = make_probe(case, person_jpeg(2))
    foreign = make_edit(other)
    sql = "UPDATE searches_probe SET current_edit_id = %s WHERE id = %s"
    for value in (foreign.pk, uuid.uuid4()):
        with pytest.raises(DatabaseError, match="current_edit"):
            attack(sql, value, probe.pk)
    probe.refresh_from_db()
    assert probe.current_edit is None


def test_the_picture_that_was_searched_with_is_not_replaced(probe: Probe, gallery: Gallery) -> None:
    first, second = make_edit(probe), make_edit(probe)
    make_search(probe, [gallery], run=False)
    before = state_of(probe)
    sql = "UPDATE searches_probe SET current_edit_id = %s WHERE id = %s"
    for value in (None, first.pk):
        with pytest.raises(DatabaseError, match="not replaced"):
            attack(sql, value, probe.pk)
    with pytest.raises(DatabaseError, match="not edited"):
        copy_of(second)
    assert state_of(probe) == before


# --- Pages --------------------------------------------------------------------------------------


def post(client: Client, probe: Probe, operation: str, **values: Any) -> Any:
    sent = {"operation": operation, "seen": probe.shown_as, "submission_key": uuid.uuid4()}
    return client.post(reverse("probe_edit", args=[probe.pk]), sent | values)


def test_a_person_edits_on_the_page_and_goes_back(client: Client, probe: Probe, ana: User) -> None:
    client.force_login(ana)
    address = reverse("probe", args=[probe.pk])
    page = client.get(address).text
    assert "Improve the picture" in page
    assert CAPTURE.place in page
    assert "Surveillance camera" in page
    assert post(client, probe, "rotate", degrees="-2.5").status_code == 302
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    assert probe.current_edit is not None
    assert probe.current_edit.made_by_label == ana.email
    assert probe.current_edit.parameters == {"degrees": -2.5}
    page = client.get(address).text
    assert "2.5° anticlockwise" in page
    assert probe.current_edit.result_sha256 in page
    response = client.post(
        reverse("probe_undo", args=[probe.pk]), {"to": "original", "seen": probe.shown_as}
    )
    assert response.status_code == 302
    probe.refresh_from_db()
    assert probe.current_edit is None


@pytest.mark.parametrize(
    ("operation", "values", "code"),
    [
        ("crop", {"left": 0, "top": 0, "width": 10, "height": 50}, "min_value"),
        ("crop", {"left": 0, "top": 0, "width": 5000, "height": 50}, "edit_out_of_range"),
        ("crop", {"left": "", "top": 0, "width": 50, "height": 50}, "required"),
        ("rotate", {"degrees": "nan"}, "invalid"),
        ("rotate", {"degrees": "181"}, "max_value"),
        ("rotate", {"degrees": "0"}, "edit_without_effect"),
        ("brightness_contrast", {"brightness": 101, "contrast": 0}, "max_value"),
        ("deinterlace", {"lines": "both"}, "invalid_choice"),
        ("scale", {"factor": "0.1"}, "min_value"),
        ("scale", {"factor": "2", "seen": ""}, "required"),
    ],
)
def test_refused_values_come_back_with_their_form(
    client: Client, probe: Probe, ana: User, operation: str, values: dict[str, Any], code: str
) -> None:
    client.force_login(ana)
    before = state_of(probe)
    response = post(client, probe, operation, **values)
    assert response.status_code == 422
    (form,) = [form for form in response.context["edit_forms"] if form.errors]
    assert form.operation_name == operation
    assert [e.code for errors in form.errors.as_data().values() for e in errors] == [code]
    assert response.text.count("<details") - response.text.count("<details open") > 0
    assert state_of(probe) == before


def test_an_unknown_operation_is_a_bad_request(client: Client, probe: Probe, ana: User) -> None:
    client.force_login(ana)
    before = state_of(probe)
    for operation in ("", "inpaint", "enhance"):
        assert post(client, probe, operation).status_code == 400
    assert state_of(probe) == before


def test_a_late_click_is_told_and_changes_nothing(client: Client, probe: Probe, ana: User) -> None:
    client.force_login(ana)
    make_edit(probe)
    before = state_of(probe)
    response = post(client, probe, "scale", factor="2", seen="original.0")
    assert response.status_code == 302
    undone = client.post(reverse("probe_undo", args=[probe.pk]), {"seen": "original.0"})
    assert undone.status_code == 302
    assert state_of(probe) == before
    page = client.get(reverse("probe", args=[probe.pk])).text
    assert page.count("changed meanwhile") == 2


def test_a_searched_picture_shows_its_edits_and_no_forms(
    client: Client, probe: Probe, gallery: Gallery, ana: User
) -> None:
    client.force_login(ana)
    make_edit(probe)
    make_search(probe, [gallery])
    page = client.get(reverse("probe", args=[probe.pk])).text
    assert "How the picture was edited" in page
    assert reverse("probe_edit", args=[probe.pk]) not in page
    assert reverse("probe_undo", args=[probe.pk]) not in page


def test_a_picture_without_a_face_can_be_improved(client: Client, case: Case, ana: User) -> None:
    client.force_login(ana)
    probe = make_probe(case, encode_jpeg(draw_empty(3, size=320)))
    page = client.get(reverse("probe", args=[probe.pk])).text
    assert reverse("probe_edit", args=[probe.pk]) in page


def test_the_original_is_shown_whatever_was_done(client: Client, probe: Probe, ana: User) -> None:
    client.force_login(ana)
    address = reverse("probe_original", args=[probe.pk])
    before = client.get(address)
    assert (before.status_code, before["Content-Type"]) == (200, "image/jpeg")
    make_edit(probe, "crop", left=0, top=0, width=100, height=100)
    make_edit(probe, "rotate", degrees=90)
    assert client.get(address).content == before.content
    files_of(probe.agency_id).delete(probe.file_key)
    assert client.get(address).status_code == 404
