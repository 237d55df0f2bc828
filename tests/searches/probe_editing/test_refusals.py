"""What is refused about edits, by the services and by the database itself."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from accounts.access import files_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.blobs import blobs
from portal.tenancy import scope
from searches.models import Case, Gallery, JobState, Probe, ProbeEdit
from searches.services.editing import discard_edits, undo_edit
from searches.services.pictures import current_picture, original_picture
from searches.services.probes import analyse_probe, turn_probe
from searches.services.searching import run_search
from tests.factories import make_edit, make_probe, make_search, person_jpeg
from tests.searches.probe_editing.cast import edit, fault_of, operator, state_of, undo

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


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
    blobs().put(store._name(made.file_key), blobs().get(store._name(probe.display_key)))
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
