"""What is refused about changes of engine, and what the database itself refuses."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.actor import command_actor
from accounts.models import Agency, Role
from galleries.models import EngineChange, Switch
from galleries.services.engine_changes import (
    ask_switch,
    end_change,
    pace_change,
    retry_rejected,
    start_change,
)
from galleries.services.engine_lanes import run_slice
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import Gallery
from searches.recognition import engine
from tests.factories import make_actor, make_gallery
from tests.galleries.cast_engines import ELSEWHERE, ended, ready, started, switched, work
from tests.galleries.engine_changes.cast import actions, pace

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("models", "bells", "in_alder", "no_rewriting"),
]


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
