"""The pages on which a probe is edited."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import files_of
from accounts.models import User
from searches.engines.synthetic import draw_empty
from searches.images import encode_jpeg
from searches.models import Case, Gallery, Probe
from searches.services.probes import analyse_probe
from tests.factories import CAPTURE, make_edit, make_probe, make_search
from tests.searches.probe_editing.cast import state_of

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


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
