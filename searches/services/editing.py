"""Improving a probe: every edit a derivative of the picture before it, all of them kept."""

import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.permissions import Permission
from portal.audit.actions import Action
from portal.audit.recorder import record
from searches.engines.orientation import turned
from searches.faults import Fault
from searches.files import new_files
from searches.images import ImageRejected
from searches.images.edits import Edit, EditRefused, Operation, encode_png, read_edit
from searches.models import Probe, ProbeEdit
from searches.recognition import image_limits
from searches.services.pictures import current_pixels
from searches.services.probes import locked_probe, look_again


def edit_probe(
    *,
    actor: Actor,
    probe: Probe,
    operation: str,
    parameters: Mapping[str, Any],
    seen: str,
    submission_key: uuid.UUID,
) -> ProbeEdit:
    """Make a derivative of the current picture and have its faces found anew.

    `seen` is what the person saw (`Probe.shown_as`). Raises Fault, and then nothing is changed.
    The same submission again gives the edit it made the first time.
    """
    actor.require(Permission.SEARCH)
    before = ProbeEdit.objects.filter(submission_key=submission_key, probe=probe)
    if found := before.first():
        return found
    try:
        made = _derive(actor, probe, _read(operation, parameters), seen, submission_key)
    except (IntegrityError, Fault):
        if found := before.first():  # the other half of a double click came first
            return found
        raise
    probe.refresh_from_db()
    return made


def _read(operation: str, parameters: Mapping[str, Any]) -> Edit:
    try:
        return read_edit(operation, parameters)
    except EditRefused as refused:
        raise Fault(refused.code) from refused


def _derive(
    actor: Actor, probe: Probe, edit: Edit, seen: str, submission_key: uuid.UUID
) -> ProbeEdit:
    with new_files(actor.agency) as files:
        locked = _as_seen(probe, seen)
        try:
            parent = current_pixels(locked)
            result = edit.apply(turned(parent.rgb, locked.quarter_turns), image_limits())
        except EditRefused as refused:
            raise Fault(refused.code) from refused
        except ImageRejected as rejected:  # it was accepted once: the limits are others now
            raise Fault("file_unreadable") from rejected
        png = encode_png(result)
        made = ProbeEdit.objects.create(
            probe=locked,
            parent=locked.current_edit,
            parent_sha256=parent.sha256,
            quarter_turns=locked.quarter_turns,
            operation=edit.operation,
            parameters=edit.as_json(),
            result_sha256=sha256(png).hexdigest(),
            width=result.shape[1],
            height=result.shape[0],
            file_key=files.put(png),
            submission_key=submission_key,
            made_by_id=actor.user_id,
            made_by_label=actor.label,
        )
        record(actor, Action.PROBE_EDITED, locked, _facts(made))
        # Whoever turned the picture by hand does not want it turned by the worker again.
        by_hand = locked.wanted_turns is not None or edit.operation == Operation.ROTATE
        look_again(actor, locked, wanted_turns=0 if by_hand else None, current_edit=made)
    return made


def _facts(made: ProbeEdit) -> dict[str, Any]:
    names = ("operation", "parameters", "quarter_turns", "parent_sha256", "result_sha256")
    return {name: getattr(made, name) for name in names}


def undo_edit(*, actor: Actor, probe: Probe, seen: str) -> None:
    """Go back to the picture that the current one was made of. Raises Fault."""
    actor.require(Permission.SEARCH)
    with transaction.atomic():
        locked = _as_seen(probe, seen)
        current = _current(locked)
        _go_back(actor, locked, current, current)
    probe.refresh_from_db()


def discard_edits(*, actor: Actor, probe: Probe, seen: str) -> None:
    """Go back to the picture as it was uploaded; the edits stay on record. Raises Fault."""
    actor.require(Permission.SEARCH)
    with transaction.atomic():
        locked = _as_seen(probe, seen)
        current = first = _current(locked)
        while first.parent is not None:
            first = first.parent
        _go_back(actor, locked, current, first)
    probe.refresh_from_db()


def _current(locked: Probe) -> ProbeEdit:
    current: ProbeEdit | None = locked.current_edit
    if current is None:
        raise Fault("edit_none")
    return current


def _go_back(actor: Actor, locked: Probe, current: ProbeEdit, undone: ProbeEdit) -> None:
    """Show what `undone` was made of, turned as it was then."""
    facts = {"from_sha256": current.result_sha256, "to_sha256": undone.parent_sha256}
    record(actor, Action.PROBE_EDIT_UNDONE, locked, facts)
    look_again(actor, locked, wanted_turns=undone.quarter_turns, current_edit=undone.parent)


def _as_seen(probe: Probe, seen: str) -> Probe:
    """The probe's row, locked, while it still shows the picture that the person saw."""
    locked = locked_probe(probe)
    if locked.shown_as != seen:
        raise Fault("edit_picture_changed")
    return locked
