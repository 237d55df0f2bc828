"""A change of engine by a program: from the choice to the end, and the comparison between."""

import json
from hashlib import sha256
from typing import Any

import pytest

from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from galleries.models import ChangeStage, EngineChange, ShadowSearch
from galleries.services.engine_changes import end_change
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Gallery
from tests.api.caller import Caller, caller, code
from tests.api.counting import acts, statements
from tests.factories import make_gallery, make_image
from tests.galleries.cast_engines import full_engine_change, make_change, reject, work
from tests.galleries.conftest import no_rewriting, second

__all__ = ["no_rewriting", "second"]  # fixtures of the tests of galleries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "no_rewriting")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    """Two subjects whose pictures no engine can read."""
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        make_image(gallery, "P-2")
        return gallery


@pytest.fixture
def clerk(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN)


def test_from_the_engines_to_the_cut_over_and_the_end(
    alder: Agency, gallery: Gallery, clerk: Caller, second: str
) -> None:
    engines = clerk.get("api_engines", gallery.pk).json()
    (other,) = (one for one in engines if one["contract"] == second)
    assert (other["can_be_chosen"], other["is_current"]) == (True, False)
    said = {"contract": second, "throttle": 6000}
    wrong = clerk.post("api_engine_changes", gallery.pk, data=said | {"contract": "x"})
    assert code(wrong) == (422, "engine_unknown")
    once = {"Idempotency-Key": "to-second"}
    for _ in range(2):
        made = clerk.post("api_engine_changes", gallery.pk, data=said, headers=once)
        assert made.status_code == 201
    pk = made.json()["id"]
    assert made["Location"].endswith(f"/engine-changes/{pk}/")
    again = clerk.post("api_engine_changes", gallery.pk, data=said)
    assert code(again) == (422, "change_open")

    paused = {"paused": True, "throttle": None}
    told = clerk.post("api_engine_change_pace", pk, data=paused).json()
    assert (told["paused"], told["throttle"], told["next_switch"]) == (True, None, None)
    assert code(clerk.post("api_engine_change_pace", pk, data={"paused": False}))[0] == 422
    assert clerk.post("api_engine_change_pace", pk, data=paused | {"paused": False}).json()
    change = _worked(alder, pk)
    told = clerk.get("api_engine_change", pk).json()
    assert (told["stage"], told["next_switch"], told["losses"]) == ("ready", "cut_over", 2)
    assert (told["progress"]["rejected"], told["progress"]["missing"]) == (2, 0)
    listed = clerk.get("api_engine_change_rejected", pk).json()["results"]
    assert {row["reference"] for row in listed} == {"P-1", "P-2"}
    assert {row["code"] for row in listed} == {"image_unknown_format"}
    assert clerk.post("api_engine_change_retry", pk).json()["stage"] == "embedding"
    _worked(alder, pk)

    over = {"to": "cut_over", "accepted_losses": 1}
    assert code(clerk.post("api_engine_change_switch", pk, data=over))[1] == "losses_not_accepted"
    asked = clerk.post("api_engine_change_switch", pk, data=over | {"accepted_losses": 2})
    assert (asked.json()["asked"], asked.json()["next_switch"]) == ("cut_over", None)
    _worked(alder, pk)
    assert clerk.get("api_engine_change", pk).json()["next_switch"] == "roll_back"
    # Who means to give the change up does not remove the old templates by it.
    assert code(clerk.post("api_engine_change_end", pk, data={"act": "cancel"})) == (
        422,
        "change_stage",
    )
    with scope(alder.pk), pytest.raises(Fault):
        end_change(actor=command_actor("test", alder.pk), change=change)
    ended = clerk.post("api_engine_change_end", pk, data={"act": "remove"})
    assert ended.json()["stage"] == "removing"
    _worked(alder, pk)
    told = clerk.get("api_engine_change", pk).json()
    assert (told["stage"], told["progress"], told["removed_templates"]) == ("removed", None, 2)


def _worked(agency: Agency, pk: str) -> EngineChange:
    """What the workers do; returns the change as it was when they began to."""
    with scope(agency.pk):
        before = EngineChange.objects.get(pk=pk)
        work(EngineChange.objects.get(pk=pk))
        return before


def test_engines_are_compared_and_the_report_is_recorded(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    with scope(alder.pk):
        change = full_engine_change(gallery).change
    asked = {"searches": 3}
    early = clerk.post("api_shadow_searches", change.pk, data=asked)
    assert code(early) == (422, "change_stage")
    with scope(alder.pk):
        EngineChange.objects.update(stage=ChangeStage.READY)
    many = clerk.post("api_shadow_searches", change.pk, data={"searches": 100_000})
    assert code(many) == (422, "input_invalid")
    once = {"Idempotency-Key": "compare"}
    for _ in range(2):
        made = clerk.post("api_shadow_searches", change.pk, data=asked, headers=once)
        assert made.status_code == 201
    pk = made.json()["id"]
    assert len(clerk.get("api_shadow_searches", change.pk).json()["results"]) == 2
    one = clerk.get("api_shadow_search", pk).json()
    assert (one["state"], one["searches"], one["report"]) == ("queued", 3, None)
    assert code(clerk.get("api_shadow_report", pk)) == (404, "not_found")
    assert acts(alder.pk, "engine_change.report_viewed", "engine_change.report_downloaded") == 0
    with scope(alder.pk):
        ShadowSearch.objects.filter(pk=pk).update(state="done", report={"b": 1, "a": 0.5})
    assert clerk.get("api_shadow_search", pk).json()["report"] == {"a": 0.5, "b": 1}
    report = clerk.get("api_shadow_report", pk)
    assert (report["Content-Type"], report.content) == ("application/json", b'{"a":0.5,"b":1}')
    with scope(alder.pk):
        entry = AuditEntry.objects.latest("pk")
    assert entry.data["sha256"] == sha256(report.content).hexdigest()
    assert json.loads(report.content)
    assert acts(alder.pk, "engine_change.report_viewed", "engine_change.report_downloaded") == 2


def test_only_who_manages_galleries_and_only_of_the_own_agency(
    alder: Agency, birch: Agency, gallery: Gallery, clerk: Caller
) -> None:
    with scope(alder.pk):
        shadow = full_engine_change(gallery)
    looking = Caller(alder, clerk.user, Permission.VIEW_GALLERIES)
    stranger = caller(birch, *Role, name="all")
    of_change = ("pace", "retry", "switch", "end")
    calls: list[tuple[str, str, Any]] = [
        ("get", "api_engines", gallery.pk),
        ("get", "api_engine_changes", gallery.pk),
        ("post", "api_engine_changes", gallery.pk),
        ("get", "api_engine_change", shadow.change_id),
        ("get", "api_engine_change_rejected", shadow.change_id),
        *(("post", f"api_engine_change_{act}", shadow.change_id) for act in of_change),
        ("get", "api_shadow_searches", shadow.change_id),
        ("post", "api_shadow_searches", shadow.change_id),
        ("get", "api_shadow_search", shadow.pk),
        ("get", "api_shadow_report", shadow.pk),
    ]
    for method, name, pk in calls:
        assert code(looking.call(method, name, pk)) == (403, "permission_denied"), name
        assert code(stranger.call(method, name, pk)) == (404, "not_found"), name
    with scope(alder.pk):
        assert not AuditEntry.objects.filter(action__startswith="engine_change.").exists()
        assert EngineChange.objects.get().stage == ChangeStage.EMBEDDING


def test_lists_take_as_many_statements_for_more_rows(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    with scope(alder.pk):
        change = full_engine_change(gallery).change
    lists = (
        ("api_engine_changes", gallery.pk),
        ("api_engine_change_rejected", change.pk),
        ("api_shadow_searches", change.pk),
    )
    few = [statements(clerk, *one) for one in lists]
    with scope(alder.pk):
        for number in range(3):
            reject(change, make_image(gallery, f"R-{number}").pk)
            ShadowSearch.objects.create(change=change, wanted=1, requested_by_label="x")
        for stage in (ChangeStage.CANCELLING, ChangeStage.CANCELLED):
            EngineChange.objects.update(stage=stage)
        make_change(gallery)
    assert [statements(clerk, *one) for one in lists] == few
