"""The pages of a change of engine, as the agency's admin uses them."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, Role, User
from galleries.models import ChangeStage, EngineChange, ShadowSearch, Switch
from portal.tenancy import scope
from searches.models import Gallery
from tests.conftest import join
from tests.factories import make_case, make_gallery, make_image, make_probe, person_jpeg
from tests.galleries.cast_engines import ELSEWHERE, make_change, reject, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "no_rewriting")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    """Two subjects whose pictures no engine can read."""
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        make_image(gallery, "P-2")
        gallery.refresh_from_db()
        return gallery


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def the_change(alder: Agency) -> EngineChange:
    with scope(alder.pk):
        return EngineChange.objects.get()


def test_from_the_gallery_to_the_cut_over_and_the_end(
    admin: Client, alder: Agency, gallery: Gallery, second: str
) -> None:
    page = admin.get(reverse("gallery", args=[gallery.pk])).content.decode()
    assert reverse("engine_changes", args=[gallery.pk]) in page
    page = admin.get(reverse("engine_changes", args=[gallery.pk])).content.decode()
    start = reverse("engine_change_new", args=[gallery.pk])
    assert start in page
    page = admin.get(start).content.decode()
    assert second in page
    assert "CC0 1.0" in page
    answer = admin.post(start, {"contract": second, "throttle": "6000"})
    change = the_change(alder)
    own = reverse("engine_change", args=[change.pk])
    assert (answer.status_code, answer["Location"]) == (302, own)
    assert (change.throttle, change.stage) == (6000, ChangeStage.EMBEDDING)
    assert "hx-get" in admin.get(own).content.decode()
    assert start not in admin.get(reverse("engine_changes", args=[gallery.pk])).content.decode()

    admin.post(reverse("engine_change_pace", args=[change.pk]), {"act": "go_on"})
    with scope(alder.pk):
        assert work(change).stage == ChangeStage.READY
    page = admin.get(own).content.decode()
    assert "2 rejected pictures" in page
    listed = admin.get(reverse("engine_change_rejected", args=[change.pk])).content.decode()
    assert "P-1" in listed
    assert "image_unknown_format" in listed

    switch = reverse("engine_change_switch", args=[change.pk])
    for losses in ("", "1"):
        answer = admin.post(switch, {"losses": losses})
        assert answer.status_code == 422
    assert the_change(alder).asked == ""
    assert admin.post(switch, {"losses": "2"}).status_code == 302
    assert the_change(alder).asked == Switch.CUT_OVER
    with scope(alder.pk):
        work(change)
    page = admin.get(own).content.decode()
    assert "Roll back" in page
    end = reverse("engine_change_end", args=[change.pk])
    assert "cannot roll back" in admin.get(end).content.decode()
    assert admin.post(end).status_code == 302
    with scope(alder.pk):
        assert work(change).stage == ChangeStage.REMOVED
    assert "2 old templates were removed" in admin.get(own).content.decode()
    assert admin.post(end).status_code == 422


def test_what_is_wrong_is_said_with_the_form(
    admin: Client, alder: Agency, gallery: Gallery, second: str
) -> None:
    start = reverse("engine_change_new", args=[gallery.pk])
    for values in ({}, {"contract": "x"}, {"contract": second, "throttle": "0"}):
        answer = admin.post(start, values)
        assert answer.status_code == 422
    with scope(alder.pk):
        assert not EngineChange.objects.exists()
        change = make_change(gallery)
    answer = admin.post(start, {"contract": second})
    assert (answer.status_code, "under way" in answer.content.decode()) == (422, True)
    pace = reverse("engine_change_pace", args=[change.pk])
    assert admin.post(pace, {"throttle": "-1", "act": "pause"}).status_code == 422
    assert not the_change(alder).paused
    compare = reverse("engine_change_compare", args=[change.pk])
    values = {"searches": "5", "submission_key": str(uuid.uuid4())}
    assert admin.post(compare, values).status_code == 422
    with scope(alder.pk):
        assert not ShadowSearch.objects.exists()


def test_pausing_and_going_on(admin: Client, alder: Agency, gallery: Gallery) -> None:
    with scope(alder.pk):
        change = make_change(gallery)
    pace = reverse("engine_change_pace", args=[change.pk])
    admin.post(pace, {"act": "pause", "throttle": "60"})
    change = the_change(alder)
    assert (change.paused, change.throttle) == (True, 60)
    page = admin.get(reverse("engine_change", args=[change.pk])).content.decode()
    assert "Paused" in page
    assert "hx-get" not in page
    admin.post(pace, {"act": "go_on", "throttle": ""})
    change = the_change(alder)
    assert (change.paused, change.throttle) == (False, None)


def test_without_another_engine_there_is_nothing_to_choose(
    admin: Client, alder: Agency, gallery: Gallery
) -> None:
    page = admin.get(reverse("engine_change_new", args=[gallery.pk])).content.decode()
    assert "CANDOR_ENGINE_NEXT" in page
    assert "Start embedding" not in page
    with scope(alder.pk):
        empty = make_gallery(alder, "Empty")
    page = admin.get(reverse("engine_changes", args=[empty.pk])).content.decode()
    assert "Its first picture will take" in page
    assert reverse("engine_change_new", args=[empty.pk]) not in page


def test_progress_is_asked_for_and_ends_with_a_reload(
    admin: Client, alder: Agency, gallery: Gallery
) -> None:
    with scope(alder.pk):
        change = make_change(gallery)
        shadow = ShadowSearch.objects.create(change=change, wanted=3, requested_by_label="x")
    for name, row in (("engine_change", change), ("shadow_search", shadow)):
        answer = admin.get(reverse(name, args=[row.pk]), headers={"HX-Request": "true"})
        assert "<html" not in answer.content.decode()
        assert "HX-Refresh" not in answer.headers
    with scope(alder.pk):
        EngineChange.objects.update(paused=True)
        ShadowSearch.objects.update(state="failed", failure_code="shadow_over")
    for name, row in (("engine_change", change), ("shadow_search", shadow)):
        answer = admin.get(reverse(name, args=[row.pk]), headers={"HX-Request": "true"})
        assert answer.headers["HX-Refresh"] == "true"


def test_galleries_of_two_engines_are_marked_where_a_search_is_submitted(
    client: Client, alder: Agency, gallery: Gallery
) -> None:
    client.force_login(join(alder, "all@alder.example", "All", *Role))
    with scope(alder.pk):
        other = make_gallery(alder, "Other")
        make_image(other, "P-1")
        probe = make_probe(make_case(alder), person_jpeg(1))
    address = reverse("probe", args=[probe.pk])
    assert "different engines" not in client.get(address).content.decode()
    with scope(alder.pk):
        make_image(make_gallery(alder, "Third"), "P-1", contract=ELSEWHERE)
    page = client.get(address).content.decode()
    assert "different engines" in page
    assert page.count("Engine: ") == 3


def test_pages_cost_the_same_whatever_they_list(
    admin: Client, alder: Agency, gallery: Gallery
) -> None:
    with scope(alder.pk):
        change = make_change(gallery)
        moved: list[dict[str, object]] = []

        def grow() -> ShadowSearch:
            for n in range(5):
                image = make_image(gallery, f"Q-{uuid.uuid4()}")
                reject(change, image.pk)
                row = {"subject": str(image.subject_id), "image": str(image.pk)}
                moved.append(row | {"from": 1, "to": n + 2})
                ShadowSearch.objects.create(change=change, wanted=n + 1, requested_by_label="x")
            measured = {"hits": 1, "of": 1, "share": 1.0, "low": 0.2, "high": 1.0}
            ranks = {"rank_1": measured, "rank_20": measured}
            report: dict[str, object] = {
                "hits": {"from": ranks, "to": ranks},
                "worse": [*moved],
                "better": [*moved],
            }
            report |= {"searches": 1, "shared_candidates": {"shared": 1, "of": 1}}
            return ShadowSearch.objects.create(
                change=change, wanted=1, requested_by_label="x", state="done", report=report
            )

    def counted(shadow: ShadowSearch) -> dict[str, int]:
        asked = [("engine_changes", gallery.pk), ("shadow_search", shadow.pk)]
        of_change = ("engine_change", "engine_change_rejected", "engine_change_switch")
        asked += [(name, change.pk) for name in of_change]
        counts = {}
        for name, pk in asked:
            with CaptureQueriesContext(connection) as queries:
                assert admin.get(reverse(name, args=[pk])).status_code == 200
            counts[name] = len(queries)
        return counts

    with scope(alder.pk):
        few_shadow = grow()
    few = counted(few_shadow)
    with scope(alder.pk):
        many_shadow = grow()
    many = counted(many_shadow)
    assert many == few
    assert max(many.values()) <= 25, many


def test_another_agency_sees_nothing_of_it(
    client: Client, alder: Agency, bob: User, gallery: Gallery
) -> None:
    with scope(alder.pk):
        change = make_change(gallery)
        shadow = ShadowSearch.objects.create(change=change, wanted=3, requested_by_label="x")
        before = EngineChange.objects.values().get()
    client.force_login(bob)
    for name in ("engine_change_pace", "engine_change_retry", "engine_change_end"):
        assert client.post(reverse(name, args=[change.pk])).status_code == 404
    for name in ("shadow_search", "shadow_report"):
        assert client.get(reverse(name, args=[shadow.pk])).status_code == 404
    with scope(alder.pk):
        assert EngineChange.objects.values().get() == before
