"""A probe that is edited, and the state it is in."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from accounts.actor import Actor, command_actor
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import Case, Probe, ProbeEdit
from searches.services.editing import edit_probe, undo_edit
from searches.services.probes import analyse_probe

BRIGHTER = {"brightness": 10, "contrast": 20}


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


def undo(probe: Probe, act: Callable[..., None] = undo_edit) -> None:
    act(actor=operator(probe), probe=probe, seen=probe.shown_as)
    analyse_probe(probe.pk)
    probe.refresh_from_db()
